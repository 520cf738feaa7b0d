"""BYOL: predicts the target projection of one view from the other."""
import torch.nn.functional as F
from torch import Tensor

from .embeddings import check_embeddings, scaled


def byol_loss(prediction: Tensor, target: Tensor) -> Tensor:
    r"""BYOL's objective for one direction: 1 minus the cosine similarity.

    .. math:: L = \frac{1}{2B} \sum_i (2 - 2 s_{ii})

    Args:
        prediction: predictions of the online network from one view, ``[B, D]``, B >= 1.
        target: projections of the other view by the target network, ``[B, D]``; they get no gradient.

    Returns:
        A scalar in [0, 2].

    Raises:
        ValueError: If the shapes differ, are not ``[B, D]``, or B < 1.

    Example:
        >>> import torch
        >>> byol_loss(torch.eye(2), torch.eye(2))
        tensor(0.)

    Source: paper appendix A.3, equation (7).
    """
    check_embeddings(prediction, target, least=1)
    return (1 - F.cosine_similarity(scaled(prediction, 1), scaled(target.detach(), 1), dim=1)).mean()
