"""The seed, the model and the data samples of a Runner, for several hooks."""
from collections.abc import Sequence
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


def samples_of(batch: Any) -> Sequence[Any]:
    """The data samples of a batch from the data loader; empty if it has none."""
    samples = batch.get("data_samples") if isinstance(batch, dict) else None
    return samples if isinstance(samples, (list, tuple)) else ()
