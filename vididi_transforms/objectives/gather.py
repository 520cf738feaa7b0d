"""One batch from those of all processes."""
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


def gather_batch(z: Tensor) -> Tensor:
    """Join the batches of all processes, in order of rank; gradients flow back to every rank.

    Under DDP, which averages gradients, a loss of the joined batch computed on every rank has the gradient that one
    process with the whole batch would have (with SyncBN, or without batch normalisation).

    Args:
        z: ``[B, D]``, B equal on all ranks.

    Returns:
        ``[ranks * B, D]``; ``z`` itself where there is one process.

    Example:
        >>> gather_batch(torch.ones(2, 1)).shape
        torch.Size([2, 1])
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return z
    return _Gather.apply(z)  # type: ignore[no-any-return]


class _Gather(torch.autograd.Function):
    """Each rank's part gets the sum of its gradients on all ranks."""

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
