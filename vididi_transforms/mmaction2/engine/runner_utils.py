"""The seed, the model and the data preprocessor of a Runner, for several hooks."""
from typing import Any

from mmengine.dist import broadcast_object_list
from mmengine.model import is_model_wrapper
from torch import nn


def shared_seed(seed: int) -> int:
    """The seed of rank 0, on every rank. They differ with ``diff_rank_seed``."""
    seeds = [seed]
    broadcast_object_list(seeds)
    return seeds[0]


def unwrap(model: nn.Module) -> Any:
    """The model without its distributed wrapper, if it has one."""
    return model.module if is_model_wrapper(model) else model


def data_preprocessor(model: nn.Module) -> nn.Module | None:
    """The model's data preprocessor, if it has one."""
    return getattr(unwrap(model), "data_preprocessor", None)
