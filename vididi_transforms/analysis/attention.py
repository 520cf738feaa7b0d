"""Attention on motion: the share of a saliency tube that lies on moving pixels.

Shapes: B clips of T frames with H x W pixels.
"""
import torch
import torch.nn.functional as F
from torch import Tensor

from ..derivatives.functional import frames_lost, temporal_difference
from .saliency import stretch, upsample


def attention_on_motion(tubes: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Share of the attention on moving pixels, and the share expected by chance.

    Args:
        tubes: ``[B, T, H, W]``, saliency tubes, >= 0. A tube of zeros counts as uniform attention.
        mask: ``[B, T, H, W]``, moving pixels, booleans or in [0, 1].

    Returns:
        Share and chance, each ``[B]`` in [0, 1]. Chance is the share of uniform attention: the mean of the mask.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> mask = torch.zeros(1, 2, 4, 4)
        >>> mask[..., :2] = 1
        >>> attention_on_motion(mask, mask), attention_on_motion(torch.ones(1, 2, 4, 4), mask)
        ((tensor([1.]), tensor([0.5000])), (tensor([0.5000]), tensor([0.5000])))

    Source: ours; it measures what the paper describes in section 4.4.
    """
    if tubes.shape != mask.shape or tubes.ndim != 4:
        raise ValueError("tubes and mask must both be [B, T, H, W]: got "
                         f"{tuple(tubes.shape)} and {tuple(mask.shape)}")
    mask = mask.to(tubes.dtype)
    on_mask, total, chance = (tubes * mask).sum(dim=(1, 2, 3)), tubes.sum(dim=(1, 2, 3)), mask.mean(dim=(1, 2, 3))
    return torch.where(total == 0, chance, on_mask / total), chance


def mask_tubes(mask: Tensor, positions: tuple[int, int, int]) -> Tensor:
    """The best possible tubes at the resolution of the feature maps.

    These are the mask, pooled and interpolated again.

    Args:
        mask: ``[B, T, H, W]``, moving pixels.
        positions: t, h, w of the feature maps.

    Returns:
        ``[B, T, H, W]``, as :func:`~vididi_transforms.analysis.saliency.saliency_tubes`.

    Example:
        >>> mask_tubes(torch.rand(1, 8, 32, 32), positions=(2, 4, 4)).shape
        torch.Size([1, 8, 32, 32])
    """
    return stretch(upsample(F.adaptive_avg_pool3d(mask.float(), positions), mask.shape[1:]))


def moving_pixels(clips: Tensor, threshold: float = 0.1) -> Tensor:
    """Pixels that change to the next frame or from the previous one.

    They stand for the moving objects in videos where these are unknown. Camera motion, noise and flicker count as
    motion. An object that moves without changing its pixels does not.

    Args:
        clips: ``[B, C, T, H, W]``, values in [0, 1], at least 2 frames.
        threshold: smallest magnitude of the first derivative, in any channel, that counts as motion.

    Returns:
        ``[B, T, H, W]``, booleans.

    Raises:
        TypeError, ValueError: As :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> moving_pixels(torch.tensor([0.0, 0, 1]).view(1, 1, 3, 1, 1)).flatten()
        tensor([False,  True,  True])
    """
    change = (temporal_difference(clips, 1).abs() > threshold).any(dim=1)
    to_next = F.pad(change, (0, 0, 0, 0, 0, frames_lost(1)))
    from_previous = F.pad(change, (0, 0, 0, 0, frames_lost(1), 0))
    return torch.logical_or(to_next, from_previous)
