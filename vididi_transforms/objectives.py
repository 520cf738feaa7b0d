"""Self-supervised objectives on two batches of embeddings ``[B, D]``; row i of both belongs to video i."""
import torch
import torch.nn.functional as F
from torch import Tensor


def vicreg(z1: Tensor, z2: Tensor, *, weights: tuple[float, float, float] = (1.0, 1.0, 0.05), gamma: float = 1.0,
           eps: float = 1e-4, sum_dimensions: bool = False) -> dict[str, Tensor]:
    r"""VICReg: views of a video agree, dimensions vary over videos and do not repeat each other.

    .. math:: L = \lambda s(Z, Z') + \mu [v(Z) + v(Z')] + \nu [c(Z) + c(Z')]

    Convention:
        All three terms are means over dimensions, so that their weights balance for any D. Equation (8) as printed
        sums the invariance over dimensions: with D = 2048 it would outweigh the variance 2048 times and the
        embedding would collapse. ``sum_dimensions=True`` takes it by the letter.

    Args:
        z1, z2: embeddings of the two views, ``[B, D]``, B >= 2.
        weights: lambda, mu, nu.
        gamma: standard deviation that each dimension has to reach.
        eps: under the root of the standard deviation.
        sum_dimensions: sum, not mean, over dimensions in the invariance.

    Returns:
        ``invariance``, ``variance`` and ``covariance``, weighted scalars; the loss is their sum.

    Raises:
        ValueError: the shapes differ, are not ``[B, D]``, B < 2, there are not three weights, or eps is not > 0.

    Example:
        >>> z = torch.eye(4)
        >>> {name: round(float(term), 3) for name, term in vicreg(z, z).items()}
        {'invariance': 0.0, 'variance': 1.0, 'covariance': 0.002}

    Source: paper appendix A.4, equations (8) to (11).
    """
    _check_embeddings(z1, z2)
    if len(weights) != 3:
        raise ValueError(f"weights must be three, of invariance, variance and covariance: got {weights!r}")
    scale = z1.shape[1] if sum_dimensions else 1
    return {
        "invariance": weights[0] * scale * invariance(z1, z2),
        "variance": weights[1] * (variance(z1, gamma, eps) + variance(z2, gamma, eps)),
        "covariance": weights[2] * (covariance(z1) + covariance(z2)),
    }


def invariance(z1: Tensor, z2: Tensor) -> Tensor:
    """Mean squared distance per dimension of the two views' embeddings.

    Args:
        z1, z2: ``[B, D]``, B >= 1.

    Returns:
        A scalar.

    Raises:
        ValueError: the shapes differ, are not ``[B, D]``, or B < 1.

    Example:
        >>> invariance(torch.zeros(2, 4), torch.ones(2, 4))
        tensor(1.)

    Source: paper equation (8), over D.
    """
    _check_embeddings(z1, z2, least=1)
    return F.mse_loss(z1, z2)


def variance(z: Tensor, gamma: float = 1.0, eps: float = 1e-4) -> Tensor:
    """How far the dimensions' standard deviations over videos stay below ``gamma``, on average.

    Args:
        z: ``[B, D]``, B >= 2.
        gamma: standard deviation that each dimension has to reach.
        eps: under the root.

    Returns:
        A scalar.

    Raises:
        ValueError: ``z`` is not ``[B, D]``, B < 2, or eps is not > 0.

    Example:
        >>> variance(torch.zeros(2, 4))
        tensor(0.9900)

    Source: paper equation (9).
    """
    _check_embeddings(z, z)
    if not eps > 0:  # nan is not, either
        raise ValueError(f"eps must be > 0, or collapsed dimensions have no finite gradient: got {eps}")
    return F.relu(gamma - (z.var(dim=0) + eps).sqrt()).mean()


def covariance(z: Tensor) -> Tensor:
    """Squared covariances of different dimensions, summed, per dimension.

    Args:
        z: ``[B, D]``, B >= 2.

    Returns:
        A scalar.

    Raises:
        ValueError: ``z`` is not ``[B, D]``, or B < 2.

    Example:
        >>> covariance(torch.tensor([[1.0, 1.0], [-1.0, -1.0]]))
        tensor(4.)

    Source: paper equation (10).
    """
    _check_embeddings(z, z)
    videos, dimensions = z.shape
    z = z - z.mean(dim=0)
    matrix = z.T @ z / (videos - 1)
    return (matrix.square().sum() - matrix.diagonal().square().sum()) / dimensions


def info_nce(z1: Tensor, z2: Tensor, *, temperature: float = 0.1) -> Tensor:
    r"""SimCLR's objective across views: each video finds its other view among those of all videos, both ways.

    .. math:: L = -\frac{1}{2B} \sum_i \log \frac{e^{s_{ii}/\alpha}}{\sum_j e^{s_{ij}/\alpha}}
                  -\frac{1}{2B} \sum_i \log \frac{e^{s_{ii}/\alpha}}{\sum_j e^{s_{ji}/\alpha}}

    Convention:
        s is the cosine similarity of view 1 of video i and view 2 of video j; other clips of the same view are no
        negatives. Equation (6) is printed without the minus signs.

    Args:
        z1, z2: embeddings of the two views, ``[B, D]``, B >= 2.
        temperature: alpha.

    Returns:
        A scalar; log B for embeddings that say nothing.

    Raises:
        ValueError: the shapes differ, are not ``[B, D]``, B < 2, or the temperature is not positive.

    Example:
        >>> info_nce(torch.ones(4, 3), torch.ones(4, 3)).exp()
        tensor(4.)

    Source: paper appendix A.2, equation (6).
    """
    _check_embeddings(z1, z2)
    if not temperature > 0:  # nan is not, either
        raise ValueError(f"temperature must be > 0: got {temperature}")
    similarity = F.normalize(z1, dim=1) @ F.normalize(z2, dim=1).T / temperature
    own = torch.arange(len(z1), device=z1.device)
    return (F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)) / 2


def byol(prediction: Tensor, target: Tensor) -> Tensor:
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
        >>> byol(torch.eye(2), torch.eye(2))
        tensor(0.)

    Source: paper appendix A.3, equation (7).
    """
    _check_embeddings(prediction, target, least=1)
    return (1 - F.cosine_similarity(prediction, target.detach(), dim=1)).mean()


def _check_embeddings(z1: Tensor, z2: Tensor, least: int = 2) -> None:
    if z1.ndim != 2 or z1.shape != z2.shape:
        raise ValueError(f"embeddings must both be [B, D]: got {tuple(z1.shape)} and {tuple(z2.shape)}")
    if len(z1) < least:
        raise ValueError(f"the objective compares videos of a batch, so B must be >= {least}: got B={len(z1)}")
