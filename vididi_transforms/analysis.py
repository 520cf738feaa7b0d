"""Looking at what the encoder sees."""
from collections.abc import Sequence

import torch
from torch import Tensor

from .functional import temporal_difference


def derivative_strip(clip: Tensor, orders: Sequence[int] = (0, 1, 2)) -> Tensor:
    """A picture of a clip and its derivatives: one row for each order, frames from left to right.

    Convention:
        Frames as they are; derivatives around middle gray, each row stretched to its own largest magnitude. Frame n
        of a derivative stands under frame n of the clip; where it has none, the picture is gray.

    Args:
        clip: ``[3, T, H, W]``, values in [0, 1].
        orders: of the derivatives, one row each, at least one.

    Returns:
        ``[len(orders) * H, T * W, 3]``, values in [0, 1].

    Raises:
        TypeError, ValueError: the clip is no such tensor, there are no orders, or as
            :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> derivative_strip(torch.rand(3, 8, 16, 16)).shape
        torch.Size([48, 128, 3])

    Source: paper Figure 1.
    """
    if not isinstance(clip, Tensor) or clip.ndim != 4 or clip.shape[0] != 3 or not clip.is_floating_point():
        got = f"{tuple(clip.shape)}, {clip.dtype}" if isinstance(clip, Tensor) else type(clip).__name__
        raise TypeError(f"clip must be [3, T, H, W], floating point in [0, 1]: got {got}")
    if not orders:
        raise ValueError(f"a strip needs at least one order: got {orders!r}")
    rows = []
    for order in orders:
        row = torch.full_like(clip, 0.5)
        derivative = temporal_difference(clip, order)
        if order:
            derivative = 0.5 + derivative / derivative.abs().max().clamp(min=1e-6) / 2
        row[:, :derivative.shape[1]] = derivative
        rows.append(row)
    return torch.cat(rows, dim=2).permute(2, 1, 3, 0).flatten(1, 2)
