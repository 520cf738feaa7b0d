"""What several hooks ask of a Runner: seed, rank, model, optimizers and data samples."""
from collections.abc import Sequence
from typing import Any

from mmengine.dist import broadcast_object_list, get_rank
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapperDict
from torch import nn


def shared_seed(seed: int) -> int:
    """The seed of rank 0, on every rank. They differ with ``diff_rank_seed``."""
    seeds = [seed]
    broadcast_object_list(seeds)
    return seeds[0]


def rank_suffix() -> str:
    """What a rank adds to the name of its file: nothing on rank 0, else ``-rank1`` and so on."""
    return f"-rank{get_rank()}" if get_rank() else ""


def unwrap(model: nn.Module) -> Any:
    """The model without its distributed wrapper, if it has one."""
    return model.module if is_model_wrapper(model) else model


def data_preprocessor(model: nn.Module) -> nn.Module | None:
    """The model's data preprocessor, if it has one."""
    return getattr(unwrap(model), "data_preprocessor", None)


def optim_wrappers(optim_wrapper: Any) -> list[Any]:
    """The optimizer wrappers of a run: one, or those of an ``OptimWrapperDict``."""
    return list(optim_wrapper.values()) if isinstance(optim_wrapper, OptimWrapperDict) else [optim_wrapper]


def samples_of(batch: Any) -> Sequence[Any]:
    """The data samples of a batch from the data loader; empty if it has none."""
    samples = batch.get("data_samples") if isinstance(batch, dict) else None
    return samples if isinstance(samples, (list, tuple)) else ()
