"""What the Triton kernels do to a block of pixels, as in ``reference``: colours are three blocks of float32."""
import triton
import triton.language as tl

from . import reference

HUE, GRAY, SIGMA = tl.constexpr(reference.HUE), tl.constexpr(reference.GRAY), tl.constexpr(reference.SIGMA)
RED, GREEN, BLUE = (tl.constexpr(weight) for weight in reference.LUMA)
NO_SLOT = tl.constexpr(len(reference.SLOTS))


@triton.jit
def read(base, sc, pixel, height, width, sigma, HALF: tl.constexpr, BYTES: tl.constexpr):
    """Colours in [0, 1], blurred if ``sigma`` is not 0; the border is mirrored."""
    inside = pixel < height * width
    y, x = pixel // width, pixel % width
    red = tl.zeros(pixel.shape, tl.float32)
    green, blue, norm = red, red, 0.0
    if sigma == 0:
        red, green, blue = load(base + pixel, sc, inside)
        norm = 1.0
    else:
        for dy in tl.static_range(-HALF, HALF + 1):
            yy = tl.abs(y + dy)
            yy = tl.where(yy < height, yy, 2 * (height - 1) - yy)
            for dx in tl.static_range(-HALF, HALF + 1):
                xx = tl.abs(x + dx)
                xx = tl.where(xx < width, xx, 2 * (width - 1) - xx)
                weight = tl.exp(-0.5 * (dy * dy + dx * dx) / (sigma * sigma))
                r, g, b = load(base + yy * width + xx, sc, inside)
                red, green, blue, norm = red + weight * r, green + weight * g, blue + weight * b, norm + weight
    scale = 1 / (norm * 255) if BYTES else 1 / norm
    return red * scale, green * scale, blue * scale


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
    """The affine slot that holds the contrast; 6 if there is none."""
    found = NO_SLOT
    for slot in tl.static_range(6):
        found = tl.where(tl.load(row + 3 * slot + 2) != 0, slot, found)
    return found


@triton.jit
def affine(red, green, blue, row, slot: tl.constexpr, centre):
    gain, mix, about = tl.load(row + 3 * slot), tl.load(row + 3 * slot + 1), tl.load(row + 3 * slot + 2)
    if (gain != 1) | (mix != 0) | (about != 0):
        offset = mix * luma(red, green, blue) + about * centre
        red, green, blue = clamp(gain * red + offset), clamp(gain * green + offset), clamp(gain * blue + offset)
    return red, green, blue


@triton.jit
def clamp(value):
    return tl.minimum(tl.maximum(value, 0.0), 1.0)


@triton.jit
def shift_hue(red, green, blue, turns):
    value = tl.maximum(tl.maximum(red, green), blue)
    chroma = value - tl.minimum(tl.minimum(red, green), blue)
    scale = 1 / tl.where(chroma == 0, 1.0, chroma)
    hue = tl.where(value == red, (green - blue) * scale,
                   tl.where(value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale)) + 6 * turns
    return (hue_channel(hue + 5, value, chroma), hue_channel(hue + 3, value, chroma),
            hue_channel(hue + 1, value, chroma))


@triton.jit
def hue_channel(sector, value, chroma):
    sector = sector - 6 * tl.floor(sector * (1 / 6))
    return value - chroma * clamp(tl.minimum(sector, 4 - sector))
