"""The batched pass in plain PyTorch, which the other backends must reproduce.

Shapes: B clips, C = 3 channels, T frames, H x W pixels. The parameters of the clips are a table ``[B, 21]``, see
``table.py``. A colour is three tensors ``[B, T, H, W]`` with values in [0, 1].
"""
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ...derivatives.functional import nth_difference
from .table import GAIN, GRAY, HUE, LUMINANCE, MEAN_LUMINANCE, SIGMA, SLOT_COLUMNS, SLOTS, SLOTS_BEFORE_HUE

LUMA = (0.2989, 0.587, 0.114)
SMALLEST_CHROMA = torch.finfo(torch.float32).tiny  # the reciprocal of a smaller number may be infinite
SMALLEST_SIGMA = 1e-6  # its blur changes nothing, and its square is not 0
Colour = tuple[Tensor, Tensor, Tensor]


class Settings(NamedTuple):
    """Settings that all clips share.

    They have the same names in :func:`~vididi_transforms.augment_and_differentiate`.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    kernel_size: int
    contrast_mean: str


def sweep(padded: Tensor, table: Tensor, orders: Sequence[int], settings: Settings, mean_first: bool) -> list[Tensor]:
    """Blur, jitter, convert to gray, normalise and differentiate.

    Args:
        padded: clips from :func:`reflect_pad`, uint8 or floating point.
        table: parameters of the clips, ``[B, 21]``.
        orders: the derivative orders to return.
        settings: settings that all clips share.
        mean_first: compute the mean luminance for the contrast in a separate pass. This is faster compiled, and slower
            in eager mode.

    Returns:
        For each order a float32 tensor ``[B, 3, T - order, H, W]``.
    """
    clips = padded * (1 / 255) if padded.dtype == torch.uint8 else padded.float()
    colour: Colour = blur(clips, table[:, SIGMA], settings.kernel_size).unbind(1)  # type: ignore[assignment]
    dims = (2, 3) if settings.contrast_mean == "frame" else (1, 2, 3)
    mean = luminance_before_contrast(colour, table).mean(dims, keepdim=True) if mean_first else None
    for slot in range(SLOTS):
        if slot == SLOTS_BEFORE_HUE:
            colour = shift_hue(colour, column(table, HUE))
        colour = affine(colour, table, slot, dims, mean)
    gray, is_gray = luminance(colour), column(table, GRAY) != 0
    frames = torch.stack([(torch.where(is_gray, gray, c) - m) * (1 / s)
                          for c, m, s in zip(colour, settings.mean, settings.std, strict=True)], dim=1)
    return [nth_difference(frames, order, dim=2) for order in orders]


def reflect_pad(clips: Tensor, half: int) -> Tensor:
    """Add a border of ``half`` mirrored pixels: ``[B, C, T, H + 2 half, W + 2 half]``.

    ``F.pad`` does not accept uint8.
    """
    height, width = clips.shape[-2:]
    padded = clips.new_empty((*clips.shape[:-2], height + 2 * half, width + 2 * half))
    rows = padded[..., half:half + height, :]
    rows[..., half:half + width] = clips
    for k in range(1, half + 1):
        rows[..., half - k] = rows[..., half + k]
        rows[..., half + width - 1 + k] = rows[..., half + width - 1 - k]
    for k in range(1, half + 1):
        padded[..., half - k, :] = padded[..., half + k, :]
        padded[..., half + height - 1 + k, :] = padded[..., half + height - 1 - k, :]
    return padded


def column(table: Tensor, number: int) -> Tensor:
    """A column of the table in a shape that broadcasts over ``[B, T, H, W]``."""
    return table[:, number].view(-1, 1, 1, 1)


def luminance(colour: Colour) -> Tensor:
    """ITU-R 601 luma, ``[B, T, H, W]``."""
    return LUMA[0] * colour[0] + LUMA[1] * colour[1] + LUMA[2] * colour[2]


def blur(padded: Tensor, sigma: Tensor, kernel_size: int) -> Tensor:
    """Gaussian blur of each frame with the clip's own sigma in pixels.

    Sigma 0 changes nothing. The border of ``padded`` is removed. ``pixels_triton.blur`` is the same blur on CUDA:
    change both together.
    """
    half = kernel_size // 2
    kernel = gaussian_kernel1d(sigma, half).view(-1, half + 1, 1, 1, 1, 1)
    for dim in (-1, -2):
        size = padded.shape[dim] - 2 * half
        total = kernel[:, 0] * padded.narrow(dim, half, size)
        for k in range(1, half + 1):
            total = total + kernel[:, k] * (padded.narrow(dim, half - k, size) + padded.narrow(dim, half + k, size))
        padded = total
    return padded


def gaussian_kernel1d(sigma: Tensor, half: int) -> Tensor:
    """Weights of a normalised Gaussian at distances 0 to ``half``, ``[B, half + 1]``."""
    distance = torch.arange(half + 1, device=sigma.device)
    weights = torch.exp(-0.5 * (distance / sigma.clamp(min=SMALLEST_SIGMA)[:, None]) ** 2)
    return weights / (2 * weights.sum(1, keepdim=True) - 1)


def luminance_before_contrast(colour: Colour, table: Tensor) -> Tensor:
    """Luminance of each clip when it reaches its contrast; 0 for clips without one."""
    found = zero = torch.zeros_like(colour[0])
    for slot in range(SLOTS):
        if slot == SLOTS_BEFORE_HUE:
            colour = shift_hue(colour, column(table, HUE))
        has_contrast = column(table, SLOT_COLUMNS * slot + MEAN_LUMINANCE) != 0
        found = torch.where(has_contrast, luminance(colour), found)
        colour = affine(colour, table, slot, (), zero)
    return found


def affine(colour: Colour, table: Tensor, slot: int, dims: tuple[int, ...], mean: Tensor | None) -> Colour:
    """One slot of the table.

    ``mean`` is the mean luminance; None takes that of ``colour`` over ``dims``.
    """
    gain, luminance_weight, mean_weight = (
        column(table, SLOT_COLUMNS * slot + part) for part in (GAIN, LUMINANCE, MEAN_LUMINANCE))
    gray = luminance(colour)
    offset = luminance_weight * gray + mean_weight * (gray.mean(dims, keepdim=True) if mean is None else mean)
    red, green, blue = ((gain * c + offset).clamp(0, 1) for c in colour)
    return red, green, blue


def shift_hue(colour: Colour, turns: Tensor) -> Colour:
    """Shift the hue of HSV; value and chroma stay."""
    red, green, blue = colour
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    scale = 1 / chroma.clamp(min=SMALLEST_CHROMA)
    hue = torch.where(value == red, (green - blue) * scale,
                      torch.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) + 6 * turns

    def channel(offset: float) -> Tensor:
        sector = hue + offset
        sector = sector - 6 * torch.floor(sector * (1 / 6))  # compilers vectorise this, but not torch.remainder
        return value - chroma * torch.minimum(sector, 4 - sector).clamp(0, 1)

    return channel(5.0), channel(3.0), channel(1.0)
