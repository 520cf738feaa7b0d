"""The reference in cache-sized pieces of a batch, in eager mode or compiled."""
from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import Any

import torch
from torch import Tensor

from .reference import Settings, reflect_pad, sweep

EAGER, COMPILED = 2**18, 5 * 2**19  # values per piece, so that intermediate results stay in the cache (1 and 10 MiB)


def run(clips: Tensor, table: Tensor, orders: Sequence[int], outputs: Sequence[Tensor], settings: Settings,
        compiled: bool) -> None:
    """Fill ``outputs``.

    All pieces have the same shape, so that they share a compilation; the last two may overlap.
    """
    most = len(clips) if clips.is_cuda else max((COMPILED if compiled else EAGER) // clips[0].numel(), 1)
    # The intermediate results of a piece need several times the memory of its part of the result. With at most a third
    # of the batch in a piece, that is less than twice the result: benchmarks/growth.py.
    most = min(most, ceil(len(clips) / 3))
    piece = ceil(len(clips) / ceil(len(clips) / most))
    fill = _compiled() if compiled else _fill
    for start in range(0, len(clips), piece):
        part = slice(min(start, len(clips) - piece), min(start + piece, len(clips)))
        padded = reflect_pad(clips[part], settings.kernel_size // 2)
        fill(padded, table[part], tuple(orders), [output[part] for output in outputs], settings, compiled)


def _fill(padded: Tensor, table: Tensor, orders: Sequence[int], outputs: Sequence[Tensor], settings: Settings,
          mean_first: bool) -> None:
    for output, values in zip(outputs, sweep(padded, table, orders, settings, mean_first), strict=True):
        output.copy_(values)


@cache
def _compiled() -> Any:
    return torch.compile(_fill, dynamic=False)
