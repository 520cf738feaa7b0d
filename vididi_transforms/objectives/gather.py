"""The global batch: the batches of all ranks."""
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


def gather_batch(z: Tensor) -> Tensor:
    """Concatenate the batches of all ranks, in order of rank.

    Gradients flow back to every rank. DDP averages gradients. A loss of the global batch, computed on every rank,
    therefore has the gradient of a single process with the whole batch (with SyncBN, or without batch normalisation).

    Args:
        z: ``[B, D]``, with the same B on all ranks.

    Returns:
        ``[ranks * B, D]``; ``z`` itself in a run with one process.

    Example:
        >>> gather_batch(torch.ones(2, 1)).shape
        torch.Size([2, 1])
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return z
    return _Gather.apply(z)  # type: ignore[no-any-return]


class _Gather(torch.autograd.Function):
    """All-gather whose backward pass sums the gradients of all ranks."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        parts = [torch.empty_like(z, memory_format=torch.contiguous_format) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, z.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
