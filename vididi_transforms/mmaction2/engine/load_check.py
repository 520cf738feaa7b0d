"""Loading a checkpoint that does not fit is an error, not a warning."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class CheckLoadedHook(Hook):
    """Stops a run whose ``load_from`` has nothing for the encoder; mmengine alone warns and trains from scratch.

    A tensor fits if its name and its shape are the model's. Logged: ``loaded N of M backbone tensors``.

    Raises:
        ValueError: on loading, if no tensor of the model's backbone is in the checkpoint.

    Example (config):
        ``dict(type='CheckLoadedHook')`` in ``default_hooks``
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compare the checkpoint with the model that is about to load it."""
        wanted = shapes(runner.model.state_dict())
        backbone = {key: shape for key, shape in wanted.items() if key.startswith("backbone.")}
        given = shapes(checkpoint.get("state_dict", checkpoint))
        loaded = [key for key, shape in backbone.items() if given.get(key) == shape]
        if not loaded:
            raise ValueError("a checkpoint must hold at least one tensor of the model's backbone (name and shape): the "
                             f"model has {_first(backbone)}, the checkpoint {_first(given)}; `vididi "
                             "weights CHECKPOINT OUT` exports an encoder that fits")
        runner.logger.info(f"loaded {len(loaded)} of {len(backbone)} backbone tensors")


def shapes(state_dict: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of tensors, without what wrappers such as DDP put before."""
    # The counters of the batch normalisation fit every model.
    return {key.removeprefix("module."): tuple(value.shape) for key, value in state_dict.items()
            if hasattr(value, "shape") and not key.endswith("num_batches_tracked")}


def _first(shapes: dict[str, tuple[int, ...]], number: int = 3) -> str:
    shown = ", ".join(f"{key} {shape}" for key, shape in list(shapes.items())[:number])
    return f"[{shown}{', ...' if len(shapes) > number else ''}]"
