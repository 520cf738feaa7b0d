"""SimCLR: InfoNCE between the two views of each video."""
import torch
import torch.nn.functional as F
from torch import Tensor

from .embeddings import check_embeddings, scaled


def info_nce_loss(z1: Tensor, z2: Tensor, *, temperature: float = 0.1) -> Tensor:
    r"""SimCLR's objective: each view must find the other view of its video.

    .. math:: L = -\frac{1}{2B} \sum_i \log \frac{e^{s_{ii}/\alpha}}{\sum_j e^{s_{ij}/\alpha}}
                  -\frac{1}{2B} \sum_i \log \frac{e^{s_{ii}/\alpha}}{\sum_j e^{s_{ji}/\alpha}}

    Convention:
        s_ij is the cosine similarity of view 1 of video i and view 2 of video j. Negatives come from the other view
        only, not from the same one. The paper prints equation (6) without the minus signs.

    Args:
        z1, z2: embeddings of the two views, ``[B, D]``, B >= 2.
        temperature: alpha, > 0.

    Returns:
        A scalar. It is log B for constant embeddings.

    Raises:
        ValueError: If the shapes differ, are not ``[B, D]``, B < 2, or the temperature is not > 0.

    Example:
        >>> info_nce_loss(torch.ones(4, 3), torch.ones(4, 3)).exp()
        tensor(4.)

    Source: paper appendix A.2, equation (6).
    """
    check_embeddings(z1, z2)
    if not temperature >= torch.finfo(z1.dtype).tiny:  # also true for NaN
        raise ValueError(f"temperature must be > 0 in {z1.dtype}: got {temperature}")
    similarity = F.normalize(scaled(z1, 1), dim=1) @ F.normalize(scaled(z2, 1), dim=1).T / temperature
    own = torch.arange(len(z1), device=z1.device)
    return (F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)) / 2
