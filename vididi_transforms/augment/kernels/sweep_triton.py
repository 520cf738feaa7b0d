"""The batched pass on CUDA, in float32.

Each clip and block of pixels takes one sweep over time.
The first kernel sums the luminance that contrasts need, for the clips that have one. The second does everything else
and keeps the previous frames in registers, so that it writes the derivatives of orders 0, 1 and 2 in the same sweep.
Operations that a clip does not use are skipped by branches that all threads of a program take together.

In the signatures, ``sb, sc, st`` are strides of the clips over batch, channels and time; ``o0b, o0c`` are strides of
the output of order 0 over batch and channels, and ``ot, op`` those of all outputs over time and pixels.
"""
from collections.abc import Sequence
from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

from ...derivatives.functional import difference, nth_difference
from .pixels_triton import GRAY, HUE, SIGMA, SLOTS, SLOTS_BEFORE_HUE, affine, contrast_slot, luma, read, shift_hue
from .reference import Settings

BLOCK = 512


def run(clips: Tensor, table: Tensor, orders: Sequence[int], outputs: Sequence[Tensor], settings: Settings) -> None:
    """Fill ``outputs``. The sweep differentiates up to order 2 by forward differences.

    For higher orders or another stencil it only augments, and the derivatives are taken afterwards as in ``reference``.
    """
    table = table.float().contiguous()
    with torch.cuda.device_of(clips):
        if max(orders) <= 2 and _is_forward():
            _launch(clips, table, dict(zip(orders, outputs, strict=True)), settings)
            return
        frames = torch.empty(clips.shape, dtype=torch.float32, device=clips.device)
        _launch(clips, table, {0: frames}, settings)
    for order, output in zip(orders, outputs, strict=True):
        output.copy_(nth_difference(frames, order, dim=2))


@cache
def _is_forward() -> bool:
    """Whether ``difference`` is the forward difference that the sweep computes.

    Two outputs suffice: on the clip 0, 1, 4 a stencil of two frames with weights (a, b) gives b and a + 4 b. These are
    1 and 3 for the weights (-1, 1) only. A longer stencil gives fewer outputs.
    """
    return torch.equal(difference(torch.tensor([0.0, 1.0, 4.0], device="cpu"), dim=0), torch.tensor([1.0, 3.0]))


def _launch(clips: Tensor, table: Tensor, outputs: dict[int, Tensor], settings: Settings) -> None:
    batch, _, frames, height, width = clips.shape
    if clips.stride()[-2:] != (width, 1):  # the kernels index the pixels of a frame as one row
        clips = clips.contiguous()
    sums = torch.empty((batch, frames), dtype=torch.float32, device=clips.device)  # of each frame's luminance
    shape = (frames, height, width, settings.kernel_size // 2, clips.dtype == torch.uint8)
    _luminance[(frames, batch)](clips, *clips.stride()[:3], table, table.shape[1], sums, *shape, BLOCK)
    first = next(iter(outputs.values()))  # stands in for the orders that are not written
    pointers = [argument for order in range(3)
                for argument in (outputs.get(order, first), *outputs.get(order, first).stride()[:2])]
    _sweep[(triton.cdiv(height * width, BLOCK), batch)](
        clips, *clips.stride()[:3], table, table.shape[1], sums, *pointers, first.stride(2), first.stride(4),
        *(value / scale for value, scale in zip(settings.mean, settings.std, strict=True)),
        *(1 / scale for scale in settings.std), *shape, BLOCK, triton.next_power_of_2(frames),
        settings.contrast_mean == "frame", 0 in outputs, 1 in outputs, 2 in outputs)


@triton.jit
def _luminance(clips, sb, sc, st, table, columns, sums, frames, height, width, HALF: tl.constexpr,
               BYTES: tl.constexpr, BLOCK: tl.constexpr):
    """Sum of one frame's luminance when it reaches the contrast operation of its clip."""
    frame, clip = tl.program_id(0), tl.program_id(1).to(tl.int64)
    row = table + clip * columns
    contrast = contrast_slot(row)
    total = tl.zeros((BLOCK,), tl.float32)
    if contrast < SLOTS:
        base = clips + clip * sb + frame.to(tl.int64) * st
        for start in range(0, height * width, BLOCK):
            pixel = start + tl.arange(0, BLOCK)
            red, green, blue = read(base, sc, pixel, height, width, tl.load(row + SIGMA), HALF, BYTES)
            for slot in tl.static_range(SLOTS_BEFORE_HUE):
                if slot < contrast:
                    red, green, blue = affine(red, green, blue, row, slot, 0.0, BYTES)
            if contrast >= SLOTS_BEFORE_HUE:
                red, green, blue = shift_hue(red, green, blue, tl.load(row + HUE))
                for slot in tl.static_range(SLOTS_BEFORE_HUE, SLOTS):
                    if slot < contrast:
                        red, green, blue = affine(red, green, blue, row, slot, 0.0, BYTES)
            total += tl.where(pixel < height * width, luma(red, green, blue), 0.0)
    tl.store(sums + clip * frames + frame, tl.sum(total))


@triton.jit
def _sweep(clips, sb, sc, st, table, columns, sums, out0, o0b, o0c, out1, o1b, o1c, out2, o2b, o2c, ot, op,
           shift0, shift1, shift2, gain0, gain1, gain2, frames, height, width, HALF: tl.constexpr, BYTES: tl.constexpr,
           BLOCK: tl.constexpr, FRAMES: tl.constexpr, PER_FRAME: tl.constexpr, ORDER0: tl.constexpr,
           ORDER1: tl.constexpr, ORDER2: tl.constexpr):
    """All orders of one block of pixels of one clip.

    The normalisation is ``x * gain - shift``.
    """
    clip = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row = table + clip * columns
    gray, turns, sigma = tl.load(row + GRAY), tl.load(row + HUE), tl.load(row + SIGMA)
    clip_sums = sums + clip * frames
    all_frames = tl.arange(0, FRAMES)
    mean = tl.sum(tl.load(clip_sums + all_frames, mask=all_frames < frames, other=0.0)) / (frames * height * width)
    offset = pixel.to(tl.int64) * op
    last0 = tl.zeros((BLOCK,), tl.float32)  # the previous frame, channel by channel
    last1, last2, step0, step1, step2 = last0, last0, last0, last0, last0  # step: the previous first derivative
    at = clip * 0  # the frame in 64 bits
    for frame in range(frames):
        red, green, blue = read(clips + clip * sb + at * st, sc, pixel, height, width, sigma, HALF, BYTES)
        if PER_FRAME:
            mean = tl.load(clip_sums + frame) / (height * width)
        red, green, blue = _jitter(red, green, blue, row, turns, gray, mean, BYTES)
        red, green, blue = red * gain0 - shift0, green * gain1 - shift1, blue * gain2 - shift2
        if ORDER0:
            _write(out0 + clip * o0b + at * ot + offset, o0c, red, green, blue, inside)
        new0, new1, new2 = red - last0, green - last1, blue - last2
        if ORDER1:
            if frame >= 1:
                _write(out1 + clip * o1b + (at - 1) * ot + offset, o1c, new0, new1, new2, inside)
        if ORDER2:
            if frame >= 2:
                _write(out2 + clip * o2b + (at - 2) * ot + offset, o2c, new0 - step0, new1 - step1, new2 - step2,
                       inside)
        last0, last1, last2, step0, step1, step2 = red, green, blue, new0, new1, new2
        at += 1


@triton.jit
def _jitter(red, green, blue, row, turns, gray, mean, BYTES: tl.constexpr):
    for slot in tl.static_range(SLOTS_BEFORE_HUE):
        red, green, blue = affine(red, green, blue, row, slot, mean, BYTES)
    if turns != 0:
        red, green, blue = shift_hue(red, green, blue, turns)
    for slot in tl.static_range(SLOTS_BEFORE_HUE, SLOTS):
        red, green, blue = affine(red, green, blue, row, slot, mean, BYTES)
    if gray != 0:
        red = luma(red, green, blue)
        green, blue = red, red
    return red, green, blue


@triton.jit
def _write(out, channel, red, green, blue, inside):
    tl.store(out, red.to(out.dtype.element_ty), mask=inside)
    tl.store(out + channel, green.to(out.dtype.element_ty), mask=inside)
    tl.store(out + channel + channel, blue.to(out.dtype.element_ty), mask=inside)
