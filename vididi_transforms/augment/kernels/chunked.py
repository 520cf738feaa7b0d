"""The reference in pieces of a batch that fit a processor's cache, as it is or compiled."""
from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import Any

import torch
from torch import Tensor

from .reference import Settings, reflect_pad, sweep

EAGER, COMPILED = 2**18, 5 * 2**19  # values in a piece: the intermediate results stay in the cache (1 and 10 MiB)


def run(clips: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], settings: Settings,
        compiled: bool) -> None:
    """Fill ``views``. All pieces have one shape, so that one compilation serves them; the last may overlap others."""
    most = len(clips) if clips.is_cuda else max((COMPILED if compiled else EAGER) // clips[0].numel(), 1)
    most = min(most, ceil(len(clips) / 3))  # what a piece needs besides the result is then less than twice the result
    piece = ceil(len(clips) / ceil(len(clips) / most))
    fill = _compiled() if compiled else _fill
    for start in range(0, len(clips), piece):
        part = slice(min(start, len(clips) - piece), min(start + piece, len(clips)))
        fill(reflect_pad(clips[part], settings.kernel_size // 2), table[part], tuple(orders), [v[part] for v in views],
             settings, compiled)


def _fill(wide: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], settings: Settings,
          centre_first: bool) -> None:
    for view, values in zip(views, sweep(wide, table, orders, settings, centre_first), strict=True):
        view.copy_(values)


@cache
def _compiled() -> Any:
    return torch.compile(_fill, dynamic=False)
