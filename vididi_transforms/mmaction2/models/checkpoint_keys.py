"""Compare the tensors of a checkpoint with those of a model, by name and shape."""
from collections.abc import Mapping
from typing import Any

BACKBONE = "backbone."  # prefix of the encoder's tensors


def state_dict_of(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The state dict of a checkpoint, without the ``module.`` that DDP adds to names.

    Args:
        checkpoint: a checkpoint with the key ``state_dict``, or a bare state dict.
    """
    state_dict = checkpoint.get("state_dict", checkpoint)
    return {key.removeprefix("module."): value for key, value in state_dict.items()}


def tensor_shapes(state_dict: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shape of each tensor by name.

    The counters of batch normalisation are left out, because they fit every model.
    """
    return {key: tuple(value.shape) for key, value in state_dict.items()
            if hasattr(value, "shape") and not key.endswith("num_batches_tracked")}


def matching_keys(wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names in ``wanted`` that ``given`` holds with the same shape."""
    return [key for key, shape in wanted.items() if given.get(key) == shape]
