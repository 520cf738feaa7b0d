"""One operation, three implementations: augment a batch of clips and differentiate it, in one pass on the device.

``reference`` defines it in plain PyTorch; ``batches`` runs that in pieces that fit the cache, as it is or under
``torch.compile``; ``sweep_triton`` is one sweep over time on CUDA. All are equal within rounding.
"""
import os
from collections.abc import Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...derivatives.functional import check_order
from . import chunked
from .reference import COLUMNS, Settings

if TYPE_CHECKING:
    from ..params import AugmentParams

BACKENDS = ("auto", "eager", "compiled", "triton")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def augment_and_differentiate(clips: Tensor, params: "AugmentParams | Tensor", orders: Sequence[int] = (0,), *,
                              mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD,
                              kernel_size: int = 3, contrast_mean: str = "clip", dtype: torch.dtype = torch.float32,
                              channels_last: bool = False, backend: str = "auto") -> tuple[Tensor, ...]:
    """Blur, jitter, gray, normalise, and the temporal derivatives of the result, each clip with its own parameters.

    Arithmetic is in float32; a derivative is taken before it is rounded to ``dtype``. Nothing waits for the device;
    under CUDA graphs give ``params`` as a table on the device. Registered as the operator
    ``vididi_transforms::augment_and_differentiate``, so that ``torch.compile`` does not break on it. No gradient.

    Args:
        clips: ``[B, 3, T, H, W]``, uint8 in [0, 255] or floating point in [0, 1]; any strides.
        params: of B clips, or their ``table()``; crop and flip are not used here.
        orders: of the derivatives to return, all different, each >= 0.
        mean, std: of the normalisation, for values in [0, 1].
        kernel_size: of the blur in pixels, odd.
        contrast_mean: the contrast turns about the mean luminance of the ``'clip'``, or of each ``'frame'``.
        dtype: of the result: float32, bfloat16 or float16.
        channels_last: the result is in ``torch.channels_last_3d``.
        backend: ``'eager'``; ``'compiled'`` (``torch.compile``: several times as fast on a CPU, after seconds of
            compiling for each shape and choice of orders; past eight of them PyTorch warns and runs it uncompiled);
            ``'triton'`` (CUDA, up to 65,535 clips); ``'auto'``: Triton on CUDA, else eager.

    Returns:
        For each order ``[B, 3, T - order, H, W]``, in values per frame step.

    Raises:
        TypeError, ValueError: an argument is not as said above.

    Example:
        >>> from vididi_transforms import ClipAugment
        >>> clips = torch.randint(256, (2, 3, 8, 16, 16), dtype=torch.uint8)
        >>> params = ClipAugment(size=None).draw(clips.shape)
        >>> [view.shape[2] for view in augment_and_differentiate(clips, params, orders=(0, 2))]
        [8, 6]

    Source: paper appendix B.1, section 3.2.
    """
    check_clips(clips)
    _check_orders(clips, orders)
    check_settings(mean, std, kernel_size, contrast_mean, dtype, backend)
    if kernel_size // 2 >= min(clips.shape[-2:]):
        raise ValueError(f"half of kernel_size must be less than height and width: got {kernel_size} "
                         f"(shape {tuple(clips.shape)})")
    table = params if isinstance(params, Tensor) else params.table()
    if table.shape != (len(clips), COLUMNS):
        raise ValueError(f"params must be those of the {len(clips)} clips, a table [{len(clips)}, {COLUMNS}]: got "
                         f"{tuple(table.shape)}")
    if table.device != clips.device:
        table = (table.pin_memory() if clips.is_cuda else table).to(clips.device, non_blocking=True)
    if backend == "auto":
        backend = "triton" if clips.is_cuda else "eager"
    if backend == "triton" and not clips.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        raise ValueError(f"backend 'triton' needs clips on CUDA: got {clips.device}")
    views: list[Tensor] = _operator(clips, table, list(orders), list(mean), list(std), kernel_size, contrast_mean,
                                    dtype, channels_last, backend)
    return tuple(views)


@torch.library.custom_op(
    "vididi_transforms::augment_and_differentiate", mutates_args=(),
    schema="(Tensor clips, Tensor table, int[] orders, float[] mean, float[] std, int kernel_size, str contrast_mean, "
           "ScalarType dtype, bool channels_last, str backend) -> Tensor[]")  # PyTorch 2.6 infers none from list[int]
def _operator(clips: Tensor, table: Tensor, orders: list[int], mean: list[float], std: list[float], kernel_size: int,
              contrast_mean: str, dtype: torch.dtype, channels_last: bool, backend: str) -> list[Tensor]:
    views: list[Tensor] = _empty(clips, table, orders, mean, std, kernel_size, contrast_mean, dtype, channels_last,
                                 backend)
    settings = Settings(tuple(mean), tuple(std), kernel_size, contrast_mean)
    if clips.numel() and backend == "triton":
        from . import sweep_triton

        sweep_triton.run(clips, table, orders, views, settings)
    elif clips.numel():
        chunked.run(clips, table, orders, views, settings, compiled=backend == "compiled")
    return views


@_operator.register_fake
def _empty(clips: Tensor, table: Tensor, orders: list[int], mean: list[float], std: list[float], kernel_size: int,
           contrast_mean: str, dtype: torch.dtype, channels_last: bool, backend: str) -> list[Tensor]:
    number, channels, frames, height, width = clips.shape
    memory_format = torch.channels_last_3d if channels_last else torch.contiguous_format
    return [torch.empty((number, channels, frames - order, height, width), dtype=dtype, device=clips.device,
                        memory_format=memory_format) for order in orders]


def check_clips(clips: Tensor) -> None:
    """Raise unless these can be clips of :func:`augment_and_differentiate`.

    Raises:
        TypeError, ValueError: they have another shape or type.
    """
    if not isinstance(clips, Tensor) or clips.ndim != 5 or clips.shape[1] != 3:
        raise ValueError("clips must be [B, 3, T, H, W]: got "
                         f"{tuple(clips.shape) if isinstance(clips, Tensor) else type(clips).__name__}")
    if clips.dtype != torch.uint8 and not clips.is_floating_point():
        raise TypeError(f"clips must be uint8 or floating point: got {clips.dtype}")


def _check_orders(clips: Tensor, orders: Sequence[int]) -> None:
    if len(set(orders)) < len(orders):
        raise ValueError(f"orders must differ: got {tuple(orders)}")
    for order in orders:
        check_order(order)
        if clips.shape[2] < order + 1:
            raise ValueError(f"clips need at least order + 1 frames: got T={clips.shape[2]} for order={order} "
                             f"(shape {tuple(clips.shape)})")


def check_settings(mean: Sequence[float], std: Sequence[float], kernel_size: int, contrast_mean: str,
                   dtype: torch.dtype = torch.float32, backend: str = "auto") -> None:
    """Raise unless these can be settings of :func:`augment_and_differentiate`.

    Raises:
        TypeError, ValueError: a setting is out of range.
    """
    if len(mean) != 3 or len(std) != 3 or not all(map(isfinite, mean)) or not all(0 < value < inf for value in std):
        raise ValueError("mean and std must be three finite numbers each, std > 0: got "
                         f"{tuple(mean)} and {tuple(std)}")
    if not isinstance(kernel_size, int) or kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be an odd integer >= 1: got {kernel_size!r}")
    if contrast_mean not in ("clip", "frame"):
        raise ValueError(f"contrast_mean must be 'clip' or 'frame': got {contrast_mean!r}")
    if dtype not in (torch.float32, torch.bfloat16, torch.float16):
        raise TypeError(f"dtype must be float32, bfloat16 or float16: got {dtype}")
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}: got {backend!r}")
