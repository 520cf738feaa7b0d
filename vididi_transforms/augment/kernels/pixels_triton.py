"""The steps of ``reference`` for a block of pixels in Triton.

A colour is three blocks of float32.
"""
import triton
import triton.language as tl

from . import reference, table

GAIN, LUMINANCE, MEAN_LUMINANCE, SLOT_COLUMNS, SLOTS, SLOTS_BEFORE_HUE, HUE, GRAY, SIGMA = (
    tl.constexpr(value) for value in (
        table.GAIN, table.LUMINANCE, table.MEAN_LUMINANCE, table.SLOT_COLUMNS, table.SLOTS, table.SLOTS_BEFORE_HUE,
        table.HUE, table.GRAY, table.SIGMA))
RED, GREEN, BLUE = (tl.constexpr(weight) for weight in reference.LUMA)
SMALLEST_CHROMA = tl.constexpr(reference.SMALLEST_CHROMA)
SMALLEST_SIGMA = tl.constexpr(reference.SMALLEST_SIGMA)


@triton.jit
def read(base, sc, pixel, height, width, sigma, HALF: tl.constexpr, BYTES: tl.constexpr):
    """Colours in [0, 1], blurred if ``sigma`` is not 0."""
    inside = pixel < height * width
    red = tl.zeros(pixel.shape, tl.float32)
    green, blue, norm = red, red, 0.0
    if sigma == 0:
        red, green, blue = load(base + pixel, sc, inside)
        norm = 1.0
    else:
        red, green, blue, norm = blur(base, sc, pixel, inside, height, width, sigma, HALF)
    scale = 1 / (norm * 255) if BYTES else 1 / norm
    return red * scale, green * scale, blue * scale


@triton.jit
def blur(base, sc, pixel, inside, height, width, sigma, HALF: tl.constexpr):
    """Weighted sums over the neighbours of each pixel, and the sum of the weights.

    The border is mirrored. ``reference.blur`` is the same blur in PyTorch: change both together.
    """
    y, x = pixel // width, pixel % width
    red = tl.zeros(pixel.shape, tl.float32)
    green, blue, norm = red, red, 0.0
    sigma = tl.maximum(sigma, SMALLEST_SIGMA)
    for dy in tl.static_range(-HALF, HALF + 1):
        yy = tl.abs(y + dy)
        yy = tl.where(yy < height, yy, 2 * (height - 1) - yy)
        for dx in tl.static_range(-HALF, HALF + 1):
            xx = tl.abs(x + dx)
            xx = tl.where(xx < width, xx, 2 * (width - 1) - xx)
            weight = tl.exp(-0.5 * (dy * dy + dx * dx) / (sigma * sigma))
            r, g, b = load(base + yy * width + xx, sc, inside)
            red, green, blue, norm = red + weight * r, green + weight * g, blue + weight * b, norm + weight
    return red, green, blue, norm


@triton.jit
def load(place, channel, inside):
    red = tl.load(place, mask=inside, other=0).to(tl.float32)
    green = tl.load(place + channel, mask=inside, other=0).to(tl.float32)
    blue = tl.load(place + channel + channel, mask=inside, other=0).to(tl.float32)
    return red, green, blue


@triton.jit
def luma(red, green, blue):
    return RED * red + GREEN * green + BLUE * blue


@triton.jit
def contrast_slot(row):
    """The slot that holds the contrast; ``SLOTS`` if there is none."""
    found = SLOTS
    for slot in tl.static_range(SLOTS):
        found = tl.where(tl.load(row + SLOT_COLUMNS * slot + MEAN_LUMINANCE) != 0, slot, found)
    return found


@triton.jit
def affine(red, green, blue, row, slot: tl.constexpr, mean, BYTES: tl.constexpr):
    """One slot of the table.

    An unused slot is skipped, but the first one clamps floating-point clips in any case.
    """
    first = row + SLOT_COLUMNS * slot
    gain, luma_weight, mean_weight = tl.load(first + GAIN), tl.load(first + LUMINANCE), tl.load(first + MEAN_LUMINANCE)
    if (gain != 1) | (luma_weight != 0) | (mean_weight != 0):
        offset = luma_weight * luma(red, green, blue) + mean_weight * mean
        red, green, blue = clamp(gain * red + offset), clamp(gain * green + offset), clamp(gain * blue + offset)
    clamps: tl.constexpr = slot == 0 and not BYTES
    if clamps:
        red, green, blue = clamp(red), clamp(green), clamp(blue)
    return red, green, blue


@triton.jit
def clamp(value):
    return tl.minimum(tl.maximum(value, 0.0), 1.0)


@triton.jit
def shift_hue(red, green, blue, turns):
    value = tl.maximum(tl.maximum(red, green), blue)
    chroma = value - tl.minimum(tl.minimum(red, green), blue)
    scale = 1 / tl.maximum(chroma, SMALLEST_CHROMA)
    hue = tl.where(value == red, (green - blue) * scale,
                   tl.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) + 6 * turns
    return (hue_channel(hue + 5, value, chroma), hue_channel(hue + 3, value, chroma),
            hue_channel(hue + 1, value, chroma))


@triton.jit
def hue_channel(sector, value, chroma):
    sector = sector - 6 * tl.floor(sector * (1 / 6))
    return value - chroma * clamp(tl.minimum(sector, 4 - sector))
