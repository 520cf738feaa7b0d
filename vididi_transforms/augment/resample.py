"""Random resized crops of batches of clips.

Each clip has its own box, the same for all its frames.
"""
import math

import torch
from torch import Tensor

ATTEMPTS = 10
NUMBERS_PER_CROP = 2 + 2 * ATTEMPTS  # random numbers: the corner, then an area and a ratio for each attempt


def random_crops(numbers: Tensor, size: tuple[int, int], area: tuple[float, float],
                 ratio: tuple[float, float]) -> Tensor:
    """Boxes of random area and aspect ratio.

    They are sampled as in torchvision's ``RandomResizedCrop``. The first of 10 attempts that fits into the frame is
    taken. If none fits, the box is the largest central one with an allowed aspect ratio.

    Args:
        numbers: random numbers, uniform in [0, 1), ``[B, 22]``.
        size: H and W of the clips in pixels.
        area: range of the box's area, as a fraction of the frame's.
        ratio: range of width / height.

    Returns:
        Top, left, height and width in pixels, ``[B, 4]``, int64.

    Example:
        >>> random_crops(torch.rand(2, NUMBERS_PER_CROP), (24, 32), area=(1.0, 1.0), ratio=(4 / 3, 4 / 3))
        tensor([[ 0,  0, 24, 32],
                [ 0,  0, 24, 32]])
    """
    height, width = size
    corner_numbers, area_numbers, ratio_numbers = numbers.split((2, ATTEMPTS, ATTEMPTS), dim=1)
    areas = height * width * (area[0] + (area[1] - area[0]) * area_numbers)
    low, high = math.log(ratio[0]), math.log(ratio[1])
    ratios = torch.exp(low + (high - low) * ratio_numbers)
    boxes = torch.stack(((areas / ratios).sqrt().round(), (areas * ratios).sqrt().round()), dim=-1)
    limit = torch.tensor([height, width])
    fits = ((boxes >= 1) & (boxes <= limit)).all(-1)
    box = boxes[torch.arange(len(numbers)), fits.int().argmax(1)]  # the first that fits
    found = fits.any(1, keepdim=True)
    box = torch.where(found, box, torch.tensor(_largest(height, width, ratio), dtype=box.dtype))
    corner = torch.where(found, (corner_numbers * (limit - box + 1)).floor(), ((limit - box) / 2).floor())
    return torch.cat((corner, box), dim=1).long()


def _largest(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int]:
    if width / height < ratio[0]:
        return max(round(width / ratio[0]), 1), width
    if width / height > ratio[1]:
        return height, max(round(height * ratio[1]), 1)
    return height, width


def resized_crop(clips: Tensor, crop: Tensor, flip: Tensor, size: int) -> Tensor:
    """Crop each clip to its box, resize it, and mirror it if asked to.

    The interpolation is bilinear and antialiased. Rows and columns are each multiplied by a matrix of interpolation
    weights, so that a batch with different boxes is one operation.

    Args:
        clips: ``[B, C, T, H, W]``, uint8 in [0, 255] or floating point.
        crop: top, left, height and width of the boxes in pixels, ``[B, 4]``.
        flip: whether to mirror left to right, ``[B]``, boolean.
        size: height and width of the result in pixels.

    Returns:
        ``[B, C, T, size, size]``, float32; uint8 clips are scaled to [0, 1].

    Raises:
        ValueError: If a box is not inside the frame.

    Example:
        >>> clip = torch.rand(1, 3, 2, 8, 8)
        >>> half = resized_crop(clip, torch.tensor([[0, 0, 8, 8]]), torch.tensor([False]), size=4)
        >>> torch.allclose(half.mean(), clip.mean(), atol=0.05)
        True
    """
    _check_inside(crop, clips.shape[-2:])
    values = clips / 255 if clips.dtype == torch.uint8 else clips.float()
    top, left, height, width = crop.float().unbind(1)
    rows = interpolation_weights(top, height, clips.shape[-2], size)
    columns = interpolation_weights(left, width, clips.shape[-1], size)
    columns = torch.where(flip.view(-1, 1, 1), columns.flip(1), columns)
    rows, columns = (weights.to(clips.device, non_blocking=True) for weights in (rows, columns))
    with torch.autocast(clips.device.type, enabled=False):  # derivatives need float32
        return torch.einsum("bih,bcthw,bjw->bctij", rows, values, columns)


def _check_inside(crop: Tensor, size: torch.Size) -> None:
    end = crop[:, :2] + crop[:, 2:]
    outside = ((crop[:, :2] < 0) | (crop[:, 2:] < 1) | (end > torch.tensor(size))).any(1)
    if outside.any():
        raise ValueError("crops must be inside the frame: got top, left, height, width = "
                         f"{crop[outside][0].tolist()} for frames of {list(size)}")


def interpolation_weights(start: Tensor, length: Tensor, full: int, size: int) -> Tensor:
    """Weights ``[B, size, full]`` that resize a part of ``full`` to ``size`` pixels.

    The part is [start, start + length).
    """
    pixel = torch.arange(full) + 0.5 - start[:, None, None]  # centres, relative to the box
    scale = (length / size)[:, None, None]
    centre = scale * (torch.arange(size) + 0.5)[:, None]
    weights = (1 - (pixel - centre).abs() / scale.clamp(min=1)).clamp(min=0)
    weights = torch.where((pixel > 0) & (pixel < length[:, None, None]), weights, 0.0)
    return weights / weights.sum(-1, keepdim=True)
