"""The reference in pieces of a batch that fit a processor's cache, as it is or compiled."""
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from .reference import mirror, sweep

EAGER, COMPILED = 2**18, 2**21  # values in a piece: the intermediate results stay in the cache (1 and 8 MiB)


def run(clips: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], mean: Sequence[float],
        std: Sequence[float], kernel_size: int, contrast: str, compiled: bool) -> None:
    """Fill ``views``. All pieces have one shape, so that one compilation serves them: the last overlaps the one before."""
    values = COMPILED if compiled else EAGER
    piece = len(clips) if clips.is_cuda else min(max(values // clips[0].numel(), 1), len(clips))
    fill = _compiled() if compiled else _fill
    for start in range(0, len(clips), piece):
        part = slice(min(start, len(clips) - piece), min(start + piece, len(clips)))
        fill(mirror(clips[part], kernel_size // 2), table[part], tuple(orders), [view[part] for view in views],
             tuple(mean), tuple(std), kernel_size, contrast, compiled)


def _fill(wide: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], mean: Sequence[float],
          std: Sequence[float], kernel_size: int, contrast: str, centre_first: bool) -> None:
    for view, values in zip(views, sweep(wide, table, orders, mean, std, kernel_size, contrast, centre_first), strict=True):
        view.copy_(values)


@cache
def _compiled() -> Any:
    return torch.compile(_fill, dynamic=False)
