"""VICReg: invariance, variance and covariance of two batches of embeddings."""
import torch
import torch.nn.functional as F
from torch import Tensor

from .embeddings import check_embeddings


def vicreg_loss(z1: Tensor, z2: Tensor, *, weights: tuple[float, float, float] = (1.0, 1.0, 0.05), gamma: float = 1.0,
                eps: float = 1e-4, sum_dimensions: bool = False) -> dict[str, Tensor]:
    r"""VICReg: the views agree, and the dimensions vary without being correlated.

    .. math:: L = \lambda s(Z, Z') + \mu [v(Z) + v(Z')] + \nu [c(Z) + c(Z')]

    Convention:
        All three terms are means over dimensions, so that the weights keep their balance for any D. Equation (8) as
        printed sums the invariance over dimensions. With D = 2048 it would then outweigh the variance 2048 times and
        the embeddings would collapse. ``sum_dimensions=True`` follows the printed equation.

    Args:
        z1, z2: embeddings of the two views, ``[B, D]``, B >= 2.
        weights: lambda, mu and nu, the weights of invariance, variance and covariance.
        gamma: target standard deviation of each dimension.
        eps: added to the variance under the square root, > 0.
        sum_dimensions: sum the invariance over dimensions instead of averaging it.

    Returns:
        ``invariance``, ``variance`` and ``covariance``, weighted scalars. The loss is their sum.

    Raises:
        ValueError: If the shapes differ, are not ``[B, D]``, B < 2, there are not three weights, or eps is not > 0.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> {name: round(float(term), 3) for name, term in vicreg_loss(z, z).items()}
        {'invariance': 0.0, 'variance': 1.0, 'covariance': 0.002}

    Source: paper appendix A.4, equations (8) to (11).
    """
    check_embeddings(z1, z2)
    if len(weights) != 3:
        raise ValueError(f"weights must be three numbers, for invariance, variance and covariance: got {weights!r}")
    scale = z1.shape[1] if sum_dimensions else 1
    return {
        "invariance": weights[0] * scale * invariance_loss(z1, z2),
        "variance": weights[1] * (variance_loss(z1, gamma, eps) + variance_loss(z2, gamma, eps)),
        "covariance": weights[2] * (covariance_loss(z1) + covariance_loss(z2)),
    }


def invariance_loss(z1: Tensor, z2: Tensor) -> Tensor:
    """Mean squared error between the embeddings of the two views.

    Args:
        z1, z2: ``[B, D]``, B >= 1.

    Returns:
        A scalar.

    Raises:
        ValueError: If the shapes differ, are not ``[B, D]``, or B < 1.

    Example:
        >>> import torch
        >>> invariance_loss(torch.zeros(2, 4), torch.ones(2, 4))
        tensor(1.)

    Source: paper equation (8), divided by D.
    """
    check_embeddings(z1, z2, least=1)
    return F.mse_loss(z1, z2)


def variance_loss(z: Tensor, gamma: float = 1.0, eps: float = 1e-4) -> Tensor:
    """Mean shortfall of the standard deviation of each dimension below ``gamma``.

    Args:
        z: ``[B, D]``, B >= 2.
        gamma: target standard deviation of each dimension.
        eps: added to the variance under the square root, > 0.

    Returns:
        A scalar.

    Raises:
        ValueError: If ``z`` is not ``[B, D]``, B < 2, or eps is not > 0.

    Example:
        >>> import torch
        >>> variance_loss(torch.zeros(2, 4))
        tensor(0.9900)

    Source: paper equation (9).
    """
    check_embeddings(z, z)
    if not eps >= torch.finfo(z.dtype).tiny:  # also true for NaN
        raise ValueError(f"eps must be > 0 in {z.dtype}, for a finite gradient of collapsed dimensions: got {eps}")
    return F.relu(gamma - (z.var(dim=0) + eps).sqrt()).mean()


def covariance_loss(z: Tensor) -> Tensor:
    """Sum of the squared covariances between different dimensions, divided by D.

    Args:
        z: ``[B, D]``, B >= 2.

    Returns:
        A scalar.

    Raises:
        ValueError: If ``z`` is not ``[B, D]``, or B < 2.

    Example:
        >>> import torch
        >>> covariance_loss(torch.tensor([[1.0, 1.0], [-1.0, -1.0]]))
        tensor(4.)

    Source: paper equation (10).
    """
    check_embeddings(z, z)
    videos, dimensions = z.shape
    z = z - z.mean(dim=0)
    matrix = z.T @ z / (videos - 1)
    return (matrix.square().sum() - matrix.diagonal().square().sum()) / dimensions
