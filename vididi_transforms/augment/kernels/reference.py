"""The batched pass in plain PyTorch: the definition that the other implementations must equal.

Shapes: B clips, C = 3 channels, T frames, H x W pixels. ``table`` is ``AugmentParams.table()``, ``[B, 21]``: what was
drawn for each clip, as numbers that need no branch. A pixel's colour is a triple of ``[B, T, H, W]`` in [0, 1].
"""
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

LUMA = (0.2989, 0.587, 0.114)
SLOTS = (0, 1, 2, 4, 5, 6)  # of the affine operations; hue has slot 3
HUE, GRAY, SIGMA, COLUMNS = 18, 19, 20, 21  # columns of the table behind the six affine operations' three each
Colour = tuple[Tensor, Tensor, Tensor]


class Settings(NamedTuple):
    """What is the same for all clips; as in :func:`~vididi_transforms.augment_and_differentiate`."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    kernel_size: int
    contrast_mean: str


def sweep(wide: Tensor, table: Tensor, orders: Sequence[int], settings: Settings, centre_first: bool) -> list[Tensor]:
    """Blur, jitter, gray, normalise, differentiate: see :func:`~vididi_transforms.augment_and_differentiate`.

    Args:
        wide: clips with a mirrored border, see :func:`reflect_pad`; uint8 or floating point.
        table, orders, settings: as there.
        centre_first: find the means that contrasts turn about in a pass of their own. A compiler fuses two passes
            better than one with a mean in each slot; without a compiler it is the other way round.

    Returns:
        For each order ``[B, 3, T - order, H, W]``, float32.
    """
    clips = wide * (1 / 255) if wide.dtype == torch.uint8 else wide.float()
    colour: Colour = blur(clips, table[:, SIGMA], settings.kernel_size).unbind(1)  # type: ignore[assignment]
    dims = (2, 3) if settings.contrast_mean == "frame" else (1, 2, 3)
    centre = luminance_before_contrast(colour, table).mean(dims, keepdim=True) if centre_first else None
    for slot in range(7):
        colour = operation(colour, table, slot, dims, centre)
    gray, is_gray = luminance(colour), column(table, GRAY) != 0
    frames = torch.stack([(torch.where(is_gray, gray, c) - m) * (1 / s)
                          for c, m, s in zip(colour, settings.mean, settings.std, strict=True)], dim=1)
    return [torch.diff(frames, n=order, dim=2) if order else frames for order in orders]


def reflect_pad(clips: Tensor, half: int) -> Tensor:
    """Clips with a border of ``half`` mirrored pixels, ``[B, C, T, H + 2 half, W + 2 half]``; F.pad takes no uint8."""
    height, width = clips.shape[-2:]
    wide = clips.new_empty((*clips.shape[:-2], height + 2 * half, width + 2 * half))
    inner = wide[..., half:half + height, :]
    inner[..., half:half + width] = clips
    for k in range(1, half + 1):
        inner[..., half - k] = inner[..., half + k]
        inner[..., half + width - 1 + k] = inner[..., half + width - 1 - k]
    for k in range(1, half + 1):
        wide[..., half - k, :] = wide[..., half + k, :]
        wide[..., half + height - 1 + k, :] = wide[..., half + height - 1 - k, :]
    return wide


def column(table: Tensor, number: int) -> Tensor:
    """A column of the table, to broadcast over ``[B, T, H, W]``."""
    return table[:, number].view(-1, 1, 1, 1)


def luminance(colour: Colour) -> Tensor:
    """ITU-R 601 luma, ``[B, T, H, W]``."""
    return LUMA[0] * colour[0] + LUMA[1] * colour[1] + LUMA[2] * colour[2]


def blur(wide: Tensor, sigma: Tensor, kernel_size: int) -> Tensor:
    """Gaussian of each clip's sigma, in pixels, within each frame; takes the mirrored border away. Sigma 0 is none."""
    half = kernel_size // 2
    taps = taps_of(sigma, half).view(-1, half + 1, 1, 1, 1, 1)
    for dim in (-1, -2):
        size = wide.shape[dim] - 2 * half
        total = taps[:, 0] * wide.narrow(dim, half, size)
        for k in range(1, half + 1):
            total = total + taps[:, k] * (wide.narrow(dim, half - k, size) + wide.narrow(dim, half + k, size))
        wide = total
    return wide


def taps_of(sigma: Tensor, half: int) -> Tensor:
    """Weights of a normalised Gaussian at distances 0 to ``half``, ``[B, half + 1]``."""
    distance = torch.arange(half + 1, device=sigma.device)
    weights = torch.exp(-0.5 * (distance / sigma.clamp(min=1e-6)[:, None]) ** 2)
    return weights / (2 * weights.sum(1, keepdim=True) - 1)


def luminance_before_contrast(colour: Colour, table: Tensor) -> Tensor:
    """Luminance of what the contrast operation of each clip gets; 0 for clips without one."""
    found = nothing = torch.zeros_like(colour[0])
    for slot in range(7):
        if slot in SLOTS:
            found = torch.where(column(table, 3 * SLOTS.index(slot) + 2) != 0, luminance(colour), found)
        colour = operation(colour, table, slot, (), nothing)
    return found


def operation(colour: Colour, table: Tensor, slot: int, dims: tuple[int, ...], centre: Tensor | None) -> Colour:
    """One slot: ``clamp(gain * x + mix * luminance + about * centre)``, or the hue."""
    if slot not in SLOTS:
        return shift_hue(colour, column(table, HUE))
    gain, mix, about = (column(table, 3 * SLOTS.index(slot) + k) for k in range(3))
    gray = luminance(colour)
    offset = mix * gray + about * (gray.mean(dims, keepdim=True) if centre is None else centre)
    red, green, blue = ((gain * c + offset).clamp(0, 1) for c in colour)
    return red, green, blue


def shift_hue(colour: Colour, turns: Tensor) -> Colour:
    """Turn the hue of HSV; value and chroma stay."""
    red, green, blue = colour
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    scale = 1 / torch.where(chroma == 0, 1.0, chroma)
    hue = torch.where(value == red, (green - blue) * scale,
                      torch.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) + 6 * turns

    def channel(offset: float) -> Tensor:
        sector = hue + offset
        sector = sector - 6 * torch.floor(sector * (1 / 6))  # torch.remainder, but vectorised by compilers
        return value - chroma * torch.minimum(sector, 4 - sector).clamp(0, 1)

    return channel(5.0), channel(3.0), channel(1.0)
