"""Saliency tubes: which pixels of a clip the features of an encoder come from.

Shapes: B clips; feature maps with D channels and t x h x w positions; clips of T frames with H x W pixels.
"""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..objectives.embeddings import global_average_pool


def activation(maps: Tensor, weights: Tensor) -> Tensor:
    r"""Weighted sum of feature maps over the channels.

    .. math:: a(p) = \sum_d w_d f_d(p)

    Its mean over the positions p is the inner product of the weights and the pooled feature. With a class's row of a
    linear head as weights, this is the logit without its bias.

    Args:
        maps: ``[B, D, t, h, w]``, feature maps.
        weights: ``[D]``, or ``[B, D]`` for different weights per clip.

    Returns:
        ``[B, t, h, w]``.

    Raises:
        ValueError: If the shapes do not match.

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
    """Weights of class-wise tubes: the row of each clip's class in a linear head.

    Args:
        classifier: ``[K, D]``, weight of a linear head on the pooled feature.
        labels: ``[B]``, integers in [0, K).

    Returns:
        ``[B, D]``.

    Raises:
        ValueError: If a label is not in [0, K).

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
    """Weights of class-free tubes, for encoders without a head.

    The weights are the clip's own pooled feature. The mean of the activation is then the squared norm of this feature,
    and the value at each position is that position's contribution to the squared norm.

    Args:
        maps: ``[B, D, t, h, w]``, feature maps.

    Returns:
        ``[B, D]``, means over all positions.

    Example:
        >>> feature_weights(torch.ones(1, 2, 2, 3, 3))
        tensor([[1., 1.]])

    Source: ours. The paper shows tubes of encoders without a head, but does not specify the weights.
    """
    return global_average_pool(maps)


def saliency_tubes(maps: Tensor, weights: Tensor, size: Sequence[int]) -> Tensor:
    """The activation at every pixel of the clip, scaled to [0, 1] over the whole clip.

    Convention:
        Trilinear interpolation between the centres of the positions; the reference code uses cubic splines. As there,
        all channels count and there is no threshold. A constant activation gives ones.

    Args:
        maps: ``[B, D, t, h, w]``, feature maps.
        weights: ``[D]`` or ``[B, D]``; a positive factor does not change the tubes.
        size: T, H, W of the clip.

    Returns:
        ``[B, T, H, W]``, float32, from 0 to 1 in each clip.

    Raises:
        ValueError: If an activation is not finite, or as :func:`activation`.

    Example:
        >>> maps = torch.rand(2, 16, 2, 4, 4)
        >>> saliency_tubes(maps, feature_weights(maps), size=(8, 32, 32)).shape
        torch.Size([2, 8, 32, 32])

    Source: Stergiou et al. 2019; paper section 4.4, Figures 5, 11 to 15.
    """
    values = upsample(activation(maps, weights), size)
    if not values.isfinite().all():
        raise ValueError("saliency needs finite activations: got NaN or infinity from maps "
                         f"{tuple(maps.shape)} in {maps.dtype}")
    return stretch(values)


def upsample(values: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate ``[B, t, h, w]`` to ``[B, T, H, W]``, float32.

    The interpolation is trilinear between the centres of the positions.
    """
    return F.interpolate(values[:, None].float(), size=tuple(size), mode="trilinear", align_corners=False)[:, 0]


def stretch(values: Tensor) -> Tensor:
    """Scale ``[B, T, H, W]`` so that each clip's minimum is 0 and its maximum 1.

    A constant clip becomes ones.
    """
    low, high = values.amin(dim=(1, 2, 3), keepdim=True), values.amax(dim=(1, 2, 3), keepdim=True)
    return torch.where(high > low, (values - low) / (high - low), torch.ones_like(values))
