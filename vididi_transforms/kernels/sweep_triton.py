"""The batched pass on CUDA: one sweep over time for each clip and block of pixels, float32 in registers.

A first kernel finds what the contrast turns about, for the clips that have one; the second does everything else and
keeps the last frames in registers, so that derivatives of orders 0, 1 and 2 leave in the same sweep. What a clip's
parameters do not ask for is skipped by branches that are the same for the whole program.
"""
from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from torch import Tensor

from .reference import Settings

BLOCK = 512


def run(clips: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], settings: Settings) -> None:
    """Fill ``views``; orders above 2 are differenced from order 0 afterwards."""
    wanted = dict(zip(orders, views, strict=True))
    if any(order > 2 for order in wanted):
        frames = torch.empty(clips.shape, dtype=torch.float32, device=clips.device)
        run(clips, table, [0], [frames], settings)
        for order in [order for order in wanted if order > 2]:
            wanted.pop(order).copy_(torch.diff(frames, n=order, dim=2))
    if wanted:
        _launch(clips, table.contiguous(), wanted, settings)


def _launch(clips: Tensor, table: Tensor, views: dict[int, Tensor], settings: Settings) -> None:
    number, _, frames, height, width = clips.shape
    if clips.stride()[-2:] != (width, 1):  # the kernels number the pixels of a frame in one row
        clips = clips.contiguous()
    luminance = torch.empty((number, frames), dtype=torch.float32, device=clips.device)  # sums of frames
    shape = (frames, height, width, settings.kernel_size // 2, clips.dtype == torch.uint8)
    _luminance[(frames, number)](clips, *clips.stride()[:3], table, table.shape[1], luminance, *shape, BLOCK)
    some = next(iter(views.values()))
    outputs = [part for order in range(3) for part in (
        views.get(order, some), *views.get(order, some).stride()[:2])]
    _sweep[(triton.cdiv(height * width, BLOCK), number)](
        clips, *clips.stride()[:3], table, table.shape[1], luminance, *outputs, some.stride(2), some.stride(4),
        *(value / scale for value, scale in zip(settings.mean, settings.std, strict=True)),
        *(1 / scale for scale in settings.std), *shape, BLOCK, triton.next_power_of_2(frames),
        settings.contrast == "frame", 0 in views, 1 in views, 2 in views)


@triton.jit
def _luminance(clips, sb, sc, st, table, columns, sums, frames, height, width, HALF: tl.constexpr,
               BYTES: tl.constexpr, BLOCK: tl.constexpr):
    """Sum of the luminance that the contrast operation gets, of one frame of one clip."""
    frame, number = tl.program_id(0), tl.program_id(1).to(tl.int64)
    row = table + number * columns
    contrast = _contrast_slot(row)
    total = tl.zeros((BLOCK,), tl.float32)
    if contrast < 6:
        base = clips + number * sb + frame.to(tl.int64) * st
        for start in range(0, height * width, BLOCK):
            pixel = start + tl.arange(0, BLOCK)
            red, green, blue = _read(base, sc, pixel, height, width, tl.load(row + 20), HALF, BYTES)
            for slot in tl.static_range(3):
                if slot < contrast:
                    red, green, blue = _affine(red, green, blue, row, slot, 0.0)
            if contrast > 2:
                red, green, blue = _shift_hue(red, green, blue, tl.load(row + 18))
                for slot in tl.static_range(3, 6):
                    if slot < contrast:
                        red, green, blue = _affine(red, green, blue, row, slot, 0.0)
            total += tl.where(pixel < height * width, _luma(red, green, blue), 0.0)
    tl.store(sums + number * frames + frame, tl.sum(total))


@triton.jit
def _sweep(clips, sb, sc, st, table, columns, sums, out0, o0b, o0c, out1, o1b, o1c, out2, o2b, o2c, ot, op,
           mean0, mean1, mean2, std0, std1, std2, frames, height, width, HALF: tl.constexpr, BYTES: tl.constexpr,
           BLOCK: tl.constexpr, FRAMES: tl.constexpr, PER_FRAME: tl.constexpr, ORDER0: tl.constexpr,
           ORDER1: tl.constexpr, ORDER2: tl.constexpr):
    """All orders of one block of pixels of one clip; ``mean`` and ``std`` make ``x * std - mean``."""
    number = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row = table + number * columns
    gray, turns, sigma = tl.load(row + 19), tl.load(row + 18), tl.load(row + 20)
    frame_sums = sums + number * frames
    each = tl.arange(0, FRAMES)
    centre = tl.sum(tl.load(frame_sums + each, mask=each < frames, other=0.0)) / (frames * height * width)
    offset = pixel.to(tl.int64) * op
    last0 = tl.zeros((BLOCK,), tl.float32)
    last1, last2, step0, step1, step2 = last0, last0, last0, last0, last0
    at = number * 0  # the frame in 64 bits
    for frame in range(frames):
        red, green, blue = _read(clips + number * sb + at * st, sc, pixel, height, width, sigma, HALF, BYTES)
        if PER_FRAME:
            centre = tl.load(frame_sums + frame) / (height * width)
        for slot in tl.static_range(3):
            red, green, blue = _affine(red, green, blue, row, slot, centre)
        if turns != 0:
            red, green, blue = _shift_hue(red, green, blue, turns)
        for slot in tl.static_range(3, 6):
            red, green, blue = _affine(red, green, blue, row, slot, centre)
        if gray != 0:
            red = _luma(red, green, blue)
            green, blue = red, red
        red, green, blue = red * std0 - mean0, green * std1 - mean1, blue * std2 - mean2
        if ORDER0:
            _write(out0 + number * o0b + at * ot + offset, o0c, red, green, blue, inside)
        new0, new1, new2 = red - last0, green - last1, blue - last2
        if ORDER1:
            _write(out1 + number * o1b + (at - 1) * ot + offset, o1c, new0, new1, new2, inside & (frame >= 1))
        if ORDER2:
            _write(out2 + number * o2b + (at - 2) * ot + offset, o2c, new0 - step0, new1 - step1, new2 - step2,
                   inside & (frame >= 2))
        last0, last1, last2, step0, step1, step2 = red, green, blue, new0, new1, new2
        at += 1


@triton.jit
def _write(out, channel, red, green, blue, inside):
    tl.store(out, red.to(out.dtype.element_ty), mask=inside)
    tl.store(out + channel, green.to(out.dtype.element_ty), mask=inside)
    tl.store(out + 2 * channel, blue.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _read(base, sc, pixel, height, width, sigma, HALF: tl.constexpr, BYTES: tl.constexpr):
    """Colours in [0, 1], blurred if ``sigma`` is not 0; the border is mirrored."""
    inside = pixel < height * width
    y, x = pixel // width, pixel % width
    red = tl.zeros(pixel.shape, tl.float32)
    green, blue, norm = red, red, 0.0
    if sigma == 0:
        red, green, blue = _load(base + pixel, sc, inside)
        norm = 1.0
    else:
        for dy in tl.static_range(-HALF, HALF + 1):
            yy = tl.abs(y + dy)
            yy = tl.where(yy < height, yy, 2 * (height - 1) - yy)
            for dx in tl.static_range(-HALF, HALF + 1):
                xx = tl.abs(x + dx)
                xx = tl.where(xx < width, xx, 2 * (width - 1) - xx)
                weight = tl.exp(-0.5 * (dy * dy + dx * dx) / (sigma * sigma))
                r, g, b = _load(base + yy * width + xx, sc, inside)
                red, green, blue, norm = red + weight * r, green + weight * g, blue + weight * b, norm + weight
    scale = 1 / (norm * 255) if BYTES else 1 / norm
    return red * scale, green * scale, blue * scale


@triton.jit
def _load(place, channel, inside):
    red = tl.load(place, mask=inside, other=0).to(tl.float32)
    green = tl.load(place + channel, mask=inside, other=0).to(tl.float32)
    blue = tl.load(place + 2 * channel, mask=inside, other=0).to(tl.float32)
    return red, green, blue


@triton.jit
def _luma(red, green, blue):
    return 0.2989 * red + 0.587 * green + 0.114 * blue


@triton.jit
def _contrast_slot(row):
    """The affine slot that holds the contrast; 6 if there is none."""
    found = 6
    for slot in tl.static_range(6):
        found = tl.where(tl.load(row + 3 * slot + 2) != 0, slot, found)
    return found


@triton.jit
def _affine(red, green, blue, row, slot: tl.constexpr, centre):
    gain, mix, about = tl.load(row + 3 * slot), tl.load(row + 3 * slot + 1), tl.load(row + 3 * slot + 2)
    if (gain != 1) | (mix != 0) | (about != 0):
        offset = mix * _luma(red, green, blue) + about * centre
        red, green, blue = _clamp(gain * red + offset), _clamp(gain * green + offset), _clamp(gain * blue + offset)
    return red, green, blue


@triton.jit
def _clamp(value):
    return tl.minimum(tl.maximum(value, 0.0), 1.0)


@triton.jit
def _shift_hue(red, green, blue, turns):
    value = tl.maximum(tl.maximum(red, green), blue)
    chroma = value - tl.minimum(tl.minimum(red, green), blue)
    scale = 1 / tl.where(chroma == 0, 1.0, chroma)
    hue = tl.where(value == red, (green - blue) * scale,
                   tl.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) + 6 * turns
    return (_hue_channel(hue + 5, value, chroma), _hue_channel(hue + 3, value, chroma),
            _hue_channel(hue + 1, value, chroma))


@triton.jit
def _hue_channel(sector, value, chroma):
    sector = sector - 6 * tl.floor(sector * (1 / 6))
    return value - chroma * _clamp(tl.minimum(sector, 4 - sector))
