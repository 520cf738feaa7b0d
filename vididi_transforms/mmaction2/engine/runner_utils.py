"""What several hooks ask of a Runner: its seed, its model, its data preprocessor."""
from typing import Any

from mmengine.dist import broadcast_object_list
from mmengine.model import is_model_wrapper
from torch import nn


def shared_seed(seed: int) -> int:
    """The first process's seed: with ``diff_rank_seed`` every process has its own."""
    seeds = [seed]
    broadcast_object_list(seeds)
    return seeds[0]


def unwrap(model: nn.Module) -> Any:
    """The model in its distributed wrapper, if it has one."""
    return model.module if is_model_wrapper(model) else model


def data_preprocessor(model: nn.Module) -> nn.Module:
    """The model's data preprocessor.

    Raises:
        TypeError: it has none.
    """
    unwrapped = unwrap(model)
    preprocessor = getattr(unwrapped, "data_preprocessor", None)
    if not isinstance(preprocessor, nn.Module):
        raise TypeError(f"ViDiDiHook needs a model with a data preprocessor: {type(unwrapped).__name__} has none")
    return preprocessor
