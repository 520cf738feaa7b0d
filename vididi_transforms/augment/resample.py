"""Random resized crops of batches of clips: each clip its own box, the same for all its frames."""
import math

import torch
from torch import Tensor

TRIES = 10
DRAWS = 2 + 2 * TRIES  # numbers that one crop needs


def draw_crops(draws: Tensor, size: tuple[int, int], area: tuple[float, float], ratio: tuple[float, float]) -> Tensor:
    """Boxes of random area and aspect ratio, as in torchvision's ``RandomResizedCrop``: the first that fits of 10.

    Args:
        draws: uniform in [0, 1), ``[B, 22]``.
        size: H, W of the clips in pixels.
        area: range of the share of the frame.
        ratio: range of width / height.

    Returns:
        Top, left, height, width in pixels, ``[B, 4]``, int64; where no try fits, the largest central box of an
        allowed ratio.

    Example:
        >>> draw_crops(torch.rand(2, DRAWS), (24, 32), area=(1.0, 1.0), ratio=(4 / 3, 4 / 3))
        tensor([[ 0,  0, 24, 32],
                [ 0,  0, 24, 32]])
    """
    height, width = size
    areas = height * width * (area[0] + (area[1] - area[0]) * draws[:, 2:2 + TRIES])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    ratios = torch.exp(low + (high - low) * draws[:, 2 + TRIES:])
    boxes = torch.stack(((areas / ratios).sqrt().round(), (areas * ratios).sqrt().round()), dim=-1)
    limit = torch.tensor([height, width])
    fits = ((boxes >= 1) & (boxes <= limit)).all(-1)
    box = boxes[torch.arange(len(draws)), fits.int().argmax(1)]
    found = fits.any(1, keepdim=True)
    box = torch.where(found, box, torch.tensor(_largest(height, width, ratio), dtype=box.dtype))
    corner = torch.where(found, (draws[:, :2] * (limit - box + 1)).floor(), ((limit - box) / 2).floor())
    return torch.cat((corner, box), dim=1).long()


def _largest(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int]:
    if width / height < ratio[0]:
        return max(round(width / ratio[0]), 1), width
    if width / height > ratio[1]:
        return height, max(round(height * ratio[1]), 1)
    return height, width


def resized_crop(clips: Tensor, crop: Tensor, flip: Tensor, size: int) -> Tensor:
    """Cut each clip's box out, resize it with antialiased bilinear interpolation, mirror it where asked to.

    Both directions are products with a matrix of interpolation weights, so that a batch of different boxes is one
    operation.

    Args:
        clips: ``[B, C, T, H, W]``, uint8 in [0, 255] or floating point.
        crop: top, left, height, width, ``[B, 4]``.
        flip: ``[B]``, boolean.
        size: of the result.

    Returns:
        ``[B, C, T, size, size]``, float32, in [0, 1] for uint8 clips.

    Raises:
        ValueError: a box is not inside the frame.

    Example:
        >>> clip = torch.rand(1, 3, 2, 8, 8)
        >>> half = resized_crop(clip, torch.tensor([[0, 0, 8, 8]]), torch.tensor([False]), size=4)
        >>> torch.allclose(half.mean(), clip.mean(), atol=0.05)
        True
    """
    end = crop[:, :2] + crop[:, 2:]
    outside = ((crop[:, :2] < 0) | (crop[:, 2:] < 1) | (end > torch.tensor(clips.shape[-2:]))).any(1)
    if outside.any():
        raise ValueError("crops must be inside the frame: got top, left, height, width = "
                         f"{crop[outside][0].tolist()} for {list(clips.shape[-2:])}")
    values = clips / 255 if clips.dtype == torch.uint8 else clips.float()
    top, left, height, width = crop.float().unbind(1)
    rows = interpolation(top, height, clips.shape[-2], size)
    columns = interpolation(left, width, clips.shape[-1], size)
    columns = torch.where(flip.view(-1, 1, 1), columns.flip(1), columns)
    rows, columns = (weights.to(clips.device, non_blocking=True) for weights in (rows, columns))
    with torch.autocast(clips.device.type, enabled=False):  # derivatives need float32
        return torch.einsum("bih,bcthw,bjw->bctij", rows, values, columns)


def interpolation(start: Tensor, length: Tensor, full: int, size: int) -> Tensor:
    """Weights of ``full`` pixels in each of ``size`` that are made of [start, start + length): ``[B, size, full]``."""
    pixel = torch.arange(full) + 0.5 - start[:, None, None]  # in the box
    scale = (length / size)[:, None, None]
    centre = scale * (torch.arange(size) + 0.5)[:, None]
    weights = (1 - (pixel - centre).abs() / scale.clamp(min=1)).clamp(min=0)
    weights = torch.where((pixel > 0) & (pixel < length[:, None, None]), weights, 0.0)
    return weights / weights.sum(-1, keepdim=True)
