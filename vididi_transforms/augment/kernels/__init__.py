"""Augments and differentiates a batch of clips in one pass on the device.

Reading order: ``table`` (the parameters as numbers), ``reference`` (the definition in plain PyTorch), ``chunked`` (the
reference in cache-sized pieces, eager or compiled), ``pixels_triton`` and ``sweep_triton`` (one sweep over time on
CUDA). There are three interchangeable backends, which agree within rounding.
"""
import os
from collections.abc import Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...checks import check_int
from ...derivatives.functional import check_frames, frames_lost
from . import chunked
from .reference import Settings
from .table import COLUMNS

if TYPE_CHECKING:
    from ..params import AugmentParams

BACKENDS = ("auto", "eager", "compiled", "triton")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def augment_and_differentiate(clips: Tensor, params: "AugmentParams | Tensor", orders: Sequence[int] = (0,), *,
                              mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD,
                              kernel_size: int = 3, contrast_mean: str = "clip", dtype: torch.dtype = torch.float32,
                              channels_last: bool = False, backend: str = "auto") -> tuple[Tensor, ...]:
    """Blur, jitter, convert to gray, normalise and differentiate a batch of clips.

    Each clip has its own parameters. Arithmetic is in float32, and derivatives are taken before they are rounded to
    ``dtype``. The call never synchronises with the device; under CUDA graphs, pass ``params`` as a table on the device.
    It is registered as the operator ``vididi_transforms::augment_and_differentiate``, which ``torch.compile`` traces
    without a graph break. It has no gradient.

    Args:
        clips: ``[B, 3, T, H, W]``, uint8 in [0, 255] or floating point in [0, 1]; any strides. Values outside
            [0, 1] are clamped after the blur. Magnitudes above 1e30 and NaN give undefined values.
        params: parameters of the B clips, or their ``table()``. Crop and flip are not applied here.
        orders: derivative orders to return, all different, each >= 0.
        mean, std: normalisation mean and standard deviation per channel, for values in [0, 1].
        kernel_size: size of the blur kernel in pixels, odd.
        contrast_mean: the mean luminance that the contrast keeps: that of the ``'clip'``, or of each ``'frame'``.
        dtype: dtype of the result: float32, bfloat16 or float16.
        channels_last: return the result in the memory format ``torch.channels_last_3d``.
        backend: ``'eager'``, ``'compiled'``, ``'triton'`` or ``'auto'``: Triton on CUDA, else eager. ``'compiled'``
            uses ``torch.compile``: several times as fast on a CPU, after seconds of compilation for each shape and
            choice of orders; beyond eight of them PyTorch warns and falls back to eager. ``'triton'`` needs CUDA and
            takes up to 65,535 clips.

    Returns:
        For each order ``[B, 3, T - order, H, W]``, in values per frame step.

    Raises:
        TypeError: If the clips, ``kernel_size``, an order or ``dtype`` have the wrong type.
        ValueError: If an argument is out of range, the clips have too few frames, or ``params`` do not match them.

    Example:
        >>> from vididi_transforms import ClipAugment
        >>> clips = torch.randint(256, (2, 3, 8, 16, 16), dtype=torch.uint8)
        >>> params = ClipAugment(size=None).draw(clips.shape)
        >>> [output.shape[2] for output in augment_and_differentiate(clips, params, orders=(0, 2))]
        [8, 6]

    Source: paper appendix B.1, section 3.2.
    """
    check_clips(clips)
    _check_orders(clips, orders)
    check_settings(mean, std, kernel_size, contrast_mean, dtype, backend)
    if kernel_size // 2 >= min(clips.shape[-2:]):
        raise ValueError(f"half of kernel_size must be less than height and width: got {kernel_size} "
                         f"(shape {tuple(clips.shape)})")
    outputs: list[Tensor] = _operator(clips, _table(params, clips), list(orders), list(mean), list(std), kernel_size,
                                      contrast_mean, dtype, channels_last, _backend(backend, clips))
    return tuple(outputs)


@torch.library.custom_op(
    "vididi_transforms::augment_and_differentiate", mutates_args=(),
    schema="(Tensor clips, Tensor table, int[] orders, float[] mean, float[] std, int kernel_size, str contrast_mean, "
           "ScalarType dtype, bool channels_last, str backend) -> Tensor[]")  # PyTorch 2.6 infers none from list[int]
def _operator(clips: Tensor, table: Tensor, orders: list[int], mean: list[float], std: list[float], kernel_size: int,
              contrast_mean: str, dtype: torch.dtype, channels_last: bool, backend: str) -> list[Tensor]:
    outputs: list[Tensor] = _empty(clips, table, orders, mean, std, kernel_size, contrast_mean, dtype, channels_last,
                                   backend)
    settings = Settings(tuple(mean), tuple(std), kernel_size, contrast_mean)
    if clips.numel() and backend == "triton":
        from . import sweep_triton

        sweep_triton.run(clips, table, orders, outputs, settings)
    elif clips.numel():
        chunked.run(clips, table, orders, outputs, settings, compiled=backend == "compiled")
    return outputs


@_operator.register_fake
def _empty(clips: Tensor, table: Tensor, orders: list[int], mean: list[float], std: list[float], kernel_size: int,
           contrast_mean: str, dtype: torch.dtype, channels_last: bool, backend: str) -> list[Tensor]:
    batch, channels, frames, height, width = clips.shape
    memory_format = torch.channels_last_3d if channels_last else torch.contiguous_format
    return [torch.empty((batch, channels, frames - frames_lost(order), height, width), dtype=dtype,
                        device=clips.device, memory_format=memory_format) for order in orders]


def _table(params: "AugmentParams | Tensor", clips: Tensor) -> Tensor:
    table = params if isinstance(params, Tensor) else params.table()
    if table.shape != (len(clips), COLUMNS):
        raise ValueError(f"params must be AugmentParams or a table [{len(clips)}, {COLUMNS}] for these clips: got "
                         f"{tuple(table.shape)}")
    if table.device == clips.device:
        return table
    return (table.pin_memory() if clips.is_cuda else table).to(clips.device, non_blocking=True)


def _backend(name: str, clips: Tensor) -> str:
    if name == "triton" and not clips.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        raise ValueError(f"backend 'triton' needs clips on CUDA: got {clips.device}")
    if name == "auto":
        return "triton" if clips.is_cuda else "eager"
    return name


def check_clips(clips: Tensor) -> None:
    """Raise unless ``clips`` are valid for :func:`augment_and_differentiate`.

    Raises:
        TypeError: If the clips are neither uint8 nor floating point.
        ValueError: If they are not a tensor ``[B, 3, T, H, W]``.
    """
    if not isinstance(clips, Tensor) or clips.ndim != 5 or clips.shape[1] != 3:
        raise ValueError("clips must be [B, 3, T, H, W]: got "
                         f"{tuple(clips.shape) if isinstance(clips, Tensor) else type(clips).__name__}")
    if clips.dtype != torch.uint8 and not clips.is_floating_point():
        raise TypeError(f"clips must be uint8 or floating point: got {clips.dtype}")


def _check_orders(clips: Tensor, orders: Sequence[int]) -> None:
    if len(set(orders)) < len(orders):
        raise ValueError(f"orders must all be different: got {tuple(orders)}")
    for order in orders:
        check_frames(clips, order, dim=2)


def check_settings(mean: Sequence[float], std: Sequence[float], kernel_size: int, contrast_mean: str,
                   dtype: torch.dtype = torch.float32, backend: str = "auto") -> None:
    """Raise unless the settings are valid for :func:`augment_and_differentiate`.

    Raises:
        TypeError: If ``kernel_size`` is not an int or ``dtype`` is not supported.
        ValueError: If a setting is out of range.
    """
    if len(mean) != 3 or len(std) != 3 or not all(map(isfinite, mean)) or not all(1e-6 <= value < inf for value in std):
        raise ValueError("mean and std must be three finite numbers each, std >= 1e-6: got "
                         f"{tuple(mean)} and {tuple(std)}")
    check_int("kernel_size", kernel_size)
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be an odd integer >= 1: got {kernel_size!r}")
    if contrast_mean not in ("clip", "frame"):
        raise ValueError(f"contrast_mean must be 'clip' or 'frame': got {contrast_mean!r}")
    if dtype not in (torch.float32, torch.bfloat16, torch.float16):
        raise TypeError(f"dtype must be float32, bfloat16 or float16: got {dtype}")
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}: got {backend!r}")
