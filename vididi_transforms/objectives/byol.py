"""BYOL: the prediction from one view matches the target projection of the other."""
import torch.nn.functional as F
from torch import Tensor

from .embeddings import check_embeddings


def byol_loss(prediction: Tensor, target: Tensor) -> Tensor:
    r"""BYOL's objective for one direction: the prediction from one view points where the target of the other does.

    .. math:: L = \frac{1}{2B} \sum_i (2 - 2 s_{ii})

    Args:
        prediction: of the online network, ``[B, D]``.
        target: of the target network, ``[B, D]``; no gradient flows into it.

    Returns:
        A scalar in [0, 2].

    Raises:
        ValueError: the shapes differ, are not ``[B, D]``, or B < 1.

    Example:
        >>> import torch
        >>> byol_loss(torch.eye(2), torch.eye(2))
        tensor(0.)

    Source: paper appendix A.3, equation (7).
    """
    check_embeddings(prediction, target, least=1)
    return (1 - F.cosine_similarity(prediction, target.detach(), dim=1)).mean()
