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

from .pixels_triton import GRAY, HUE, NO_SLOT, SIGMA, affine, contrast_slot, luma, read, shift_hue
from .reference import Settings

BLOCK = 512


def run(clips: Tensor, table: Tensor, orders: Sequence[int], views: Sequence[Tensor], settings: Settings) -> None:
    """Fill ``views``; with orders above 2 all are differenced from order 0 afterwards."""
    wanted = dict(zip(orders, views, strict=True))
    with torch.cuda.device_of(clips):
        if max(orders) <= 2:
            _launch(clips, table.float().contiguous(), wanted, settings)
            return
    frames = torch.empty(clips.shape, dtype=torch.float32, device=clips.device)
    run(clips, table, [0], [frames], settings)
    for order, view in wanted.items():
        view.copy_(torch.diff(frames, n=order, dim=2) if order else frames)


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
        settings.contrast_mean == "frame", 0 in views, 1 in views, 2 in views)


@triton.jit
def _luminance(clips, sb, sc, st, table, columns, sums, frames, height, width, HALF: tl.constexpr,
               BYTES: tl.constexpr, BLOCK: tl.constexpr):
    """Sum of the luminance that the contrast operation gets, of one frame of one clip."""
    frame, number = tl.program_id(0), tl.program_id(1).to(tl.int64)
    row = table + number * columns
    contrast = contrast_slot(row)
    total = tl.zeros((BLOCK,), tl.float32)
    if contrast < NO_SLOT:
        base = clips + number * sb + frame.to(tl.int64) * st
        for start in range(0, height * width, BLOCK):
            pixel = start + tl.arange(0, BLOCK)
            red, green, blue = read(base, sc, pixel, height, width, tl.load(row + SIGMA), HALF, BYTES)
            for slot in tl.static_range(3):
                if slot < contrast:
                    red, green, blue = affine(red, green, blue, row, slot, 0.0)
            if contrast > 2:
                red, green, blue = shift_hue(red, green, blue, tl.load(row + HUE))
                for slot in tl.static_range(3, 6):
                    if slot < contrast:
                        red, green, blue = affine(red, green, blue, row, slot, 0.0)
            total += tl.where(pixel < height * width, luma(red, green, blue), 0.0)
    tl.store(sums + number * frames + frame, tl.sum(total))


@triton.jit
def _sweep(clips, sb, sc, st, table, columns, sums, out0, o0b, o0c, out1, o1b, o1c, out2, o2b, o2c, ot, op,
           shift0, shift1, shift2, gain0, gain1, gain2, frames, height, width, HALF: tl.constexpr, BYTES: tl.constexpr,
           BLOCK: tl.constexpr, FRAMES: tl.constexpr, PER_FRAME: tl.constexpr, ORDER0: tl.constexpr,
           ORDER1: tl.constexpr, ORDER2: tl.constexpr):
    """All orders of one block of pixels of one clip; the normalisation is ``x * gain - shift``."""
    number = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row = table + number * columns
    gray, turns, sigma = tl.load(row + GRAY), tl.load(row + HUE), tl.load(row + SIGMA)
    frame_sums = sums + number * frames
    each = tl.arange(0, FRAMES)
    centre = tl.sum(tl.load(frame_sums + each, mask=each < frames, other=0.0)) / (frames * height * width)
    offset = pixel.to(tl.int64) * op
    last0 = tl.zeros((BLOCK,), tl.float32)
    last1, last2, step0, step1, step2 = last0, last0, last0, last0, last0
    at = number * 0  # the frame in 64 bits
    for frame in range(frames):
        red, green, blue = read(clips + number * sb + at * st, sc, pixel, height, width, sigma, HALF, BYTES)
        if PER_FRAME:
            centre = tl.load(frame_sums + frame) / (height * width)
        for slot in tl.static_range(3):
            red, green, blue = affine(red, green, blue, row, slot, centre)
        if turns != 0:
            red, green, blue = shift_hue(red, green, blue, turns)
        for slot in tl.static_range(3, 6):
            red, green, blue = affine(red, green, blue, row, slot, centre)
        if gray != 0:
            red = luma(red, green, blue)
            green, blue = red, red
        red, green, blue = red * gain0 - shift0, green * gain1 - shift1, blue * gain2 - shift2
        if ORDER0:
            _write(out0 + number * o0b + at * ot + offset, o0c, red, green, blue, inside)
        new0, new1, new2 = red - last0, green - last1, blue - last2
        if ORDER1:
            if frame >= 1:
                _write(out1 + number * o1b + (at - 1) * ot + offset, o1c, new0, new1, new2, inside)
        if ORDER2:
            if frame >= 2:
                _write(out2 + number * o2b + (at - 2) * ot + offset, o2c, new0 - step0, new1 - step1, new2 - step2,
                       inside)
        last0, last1, last2, step0, step1, step2 = red, green, blue, new0, new1, new2
        at += 1


@triton.jit
def _write(out, channel, red, green, blue, inside):
    tl.store(out, red.to(out.dtype.element_ty), mask=inside)
    tl.store(out + channel, green.to(out.dtype.element_ty), mask=inside)
    tl.store(out + channel + channel, blue.to(out.dtype.element_ty), mask=inside)
