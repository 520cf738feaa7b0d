"""Where an encoder looks: saliency tubes, and how much of them lies on what moves.

Shapes: B clips, D channels of the encoder's last maps, t x h x w positions of those; T frames of H x W pixels.
"""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..derivatives.functional import temporal_difference


def activation(maps: Tensor, weights: Tensor) -> Tensor:
    r"""Feature maps added up with a weight for each channel.

    .. math:: a(p) = \sum_d w_d f_d(p)

    Its mean over the positions p is the product of weights and pooled feature: with a class's row of a linear head the
    logit without its bias.

    Args:
        maps: ``[B, D, t, h, w]``.
        weights: ``[D]``, or ``[B, D]`` for a row of each clip.

    Returns:
        ``[B, t, h, w]``.

    Raises:
        ValueError: the shapes do not match.

    Example:
        >>> maps = torch.rand(1, 4, 2, 3, 3)
        >>> torch.equal(activation(maps, torch.tensor([0.0, 1, 0, 0])), maps[:, 1])
        True

    Source: Stergiou et al. 2019, "Saliency Tubes"; Zhou et al. 2016, "class activation mapping".
    """
    if maps.ndim != 5 or weights.shape not in (maps.shape[1:2], maps.shape[:2]):
        raise ValueError("saliency needs maps [B, D, t, h, w] and weights [D] or [B, D]: got "
                         f"{tuple(maps.shape)} and {tuple(weights.shape)}")
    return torch.einsum("bdthw,bd->bthw", maps, weights.to(maps.dtype).expand(maps.shape[:2]))


def class_weights(classifier: Tensor, labels: Tensor) -> Tensor:
    """Weights of class-wise tubes: for each clip the row of its class in a linear head on the pooled feature.

    Args:
        classifier: ``[K, D]``, the head's weight.
        labels: ``[B]``, integers.

    Returns:
        ``[B, D]``.

    Raises:
        ValueError: a label is none of the K classes.

    Example:
        >>> class_weights(torch.eye(3), torch.tensor([2, 0]))
        tensor([[0., 0., 1.],
                [1., 0., 0.]])

    Source: Stergiou et al. 2019.
    """
    if labels.numel() and not 0 <= int(labels.min()) <= int(labels.max()) < len(classifier):
        raise ValueError(f"labels must be in [0, {len(classifier)}), the classes of the head: got {labels.tolist()}")
    return classifier[labels]


def feature_weights(maps: Tensor) -> Tensor:
    """Weights of class-free tubes, for retrieval: the clip's own feature stands for the row of a class.

    The tube's mean is then the feature's product with itself, and its value at a position what this position adds to
    the similarity of the clip with itself.

    Args:
        maps: ``[B, D, t, h, w]``.

    Returns:
        ``[B, D]``: the means over all positions.

    Example:
        >>> feature_weights(torch.ones(1, 2, 2, 3, 3))
        tensor([[1., 1.]])

    Source: ours. The paper shows tubes of encoders without a head, and does not say which weights it takes.
    """
    return maps.mean(dim=(2, 3, 4))


def saliency_tubes(maps: Tensor, weights: Tensor, size: Sequence[int]) -> Tensor:
    """The activation at every pixel of the clip, stretched to [0, 1] over the whole clip.

    Convention:
        Trilinear between the positions' centres. All channels count, there is no threshold, as in the code of the
        reference (which interpolates by cubic splines). An activation that is the same everywhere gives ones.

    Args:
        maps: ``[B, D, t, h, w]``.
        weights: ``[D]`` or ``[B, D]``; multiplied by a number above 0 they give the same tubes.
        size: T, H, W.

    Returns:
        ``[B, T, H, W]``, float32; least value 0, largest 1.

    Raises:
        ValueError: as :func:`activation`.

    Example:
        >>> maps = torch.rand(2, 16, 2, 4, 4)
        >>> saliency_tubes(maps, feature_weights(maps), size=(8, 32, 32)).shape
        torch.Size([2, 8, 32, 32])

    Source: Stergiou et al. 2019; paper section 4.4, Figures 5, 11 to 15.
    """
    return stretch(upsample(activation(maps, weights), size))


def upsample(values: Tensor, size: Sequence[int]) -> Tensor:
    """``[B, t, h, w]`` to ``[B, T, H, W]``, float32, trilinear between the positions' centres."""
    return F.interpolate(values[:, None].float(), size=tuple(size), mode="trilinear", align_corners=False)[:, 0]


def stretch(values: Tensor) -> Tensor:
    """Each clip's values to [0, 1]: its least becomes 0, its largest 1; ones where all are the same."""
    low, high = values.amin(dim=(1, 2, 3), keepdim=True), values.amax(dim=(1, 2, 3), keepdim=True)
    return torch.where(high > low, (values - low) / (high - low), torch.ones_like(values))


def attention_on_motion(tubes: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Share of the attention that lies on moving pixels, and the share that attention without a preference would have.

    Args:
        tubes: ``[B, T, H, W]``, >= 0.
        mask: ``[B, T, H, W]``: which pixels move, a truth value or in [0, 1].

    Returns:
        Share and chance, each ``[B]`` in [0, 1]; the chance is the mask's part of the clip.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> mask = torch.zeros(1, 2, 4, 4)
        >>> mask[..., :2] = 1
        >>> attention_on_motion(mask, mask), attention_on_motion(torch.ones(1, 2, 4, 4), mask)
        ((tensor([1.]), tensor([0.5000])), (tensor([0.5000]), tensor([0.5000])))

    Source: ours, for what the paper says in section 4.4.
    """
    if tubes.shape != mask.shape or tubes.ndim != 4:
        raise ValueError("tubes and mask must both be [B, T, H, W]: got "
                         f"{tuple(tubes.shape)} and {tuple(mask.shape)}")
    mask = mask.to(tubes.dtype)
    return (tubes * mask).sum(dim=(1, 2, 3)) / tubes.sum(dim=(1, 2, 3)), mask.mean(dim=(1, 2, 3))


def mask_tubes(mask: Tensor, positions: tuple[int, int, int]) -> Tensor:
    """What tubes could look like at best: a mask, seen at the resolution of the feature maps.

    Args:
        mask: ``[B, T, H, W]``.
        positions: t, h, w of the feature maps.

    Returns:
        ``[B, T, H, W]``, as :func:`saliency_tubes`.

    Example:
        >>> mask_tubes(torch.rand(1, 8, 32, 32), positions=(2, 4, 4)).shape
        torch.Size([1, 8, 32, 32])
    """
    return stretch(upsample(F.adaptive_avg_pool3d(mask.float(), positions), mask.shape[1:]))


def moving_pixels(clips: Tensor, threshold: float = 0.1) -> Tensor:
    """Pixels that change from the frame before or to the next one, where nobody knows what moves.

    Camera motion, noise and flicker count as motion; what moves without changing its pixels does not.

    Args:
        clips: ``[B, C, T, H, W]``, values in [0, 1], at least 2 frames.
        threshold: of the magnitude of the first derivative, in any channel.

    Returns:
        ``[B, T, H, W]``, truth values.

    Raises:
        TypeError, ValueError: as :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> moving_pixels(torch.tensor([0.0, 0, 1]).view(1, 1, 3, 1, 1)).flatten()
        tensor([False,  True,  True])
    """
    change = (temporal_difference(clips, 1).abs() > threshold).any(dim=1)
    return F.pad(change, (0, 0, 0, 0, 0, 1)) | F.pad(change, (0, 0, 0, 0, 1, 0))
