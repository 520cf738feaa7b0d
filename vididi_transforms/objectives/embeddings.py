"""From feature maps to embeddings: pooling, precision and checks."""
import torch
from torch import Tensor


def last_maps(maps: Tensor | tuple[Tensor, ...]) -> Tensor:
    """The feature maps, or the last of a tuple of them."""
    return maps if isinstance(maps, Tensor) else maps[-1]


def global_average_pool(maps: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Mean over time and space.

    It is a mean and not a pooling layer because the backward pass of a mean is deterministic on CUDA.

    Args:
        maps: feature maps ``[B, D, t, h, w]``, or a tuple of them, of which the last is used.

    Returns:
        Features ``[B, D]``.

    Example:
        >>> global_average_pool(torch.ones(1, 2, 2, 3, 3))
        tensor([[1., 1.]])
    """
    maps = last_maps(maps)
    return maps.mean(dim=(2, 3, 4))


def at_least_single(z: Tensor) -> Tensor:
    """``z`` in float32, or in float64 if it has that dtype.

    No objective is computed in half precision.

    Example:
        >>> at_least_single(torch.zeros(4, 3, dtype=torch.float16)).dtype
        torch.float32
    """
    return z.to(torch.promote_types(z.dtype, torch.float32))


def scaled(z: Tensor, dim: int, smallest: float = 1.0) -> Tensor:
    """``z`` divided by a power of two along ``dim``, so that squares do not overflow.

    The division does not round.

    Args:
        z: floating-point tensor.
        dim: dimension over which the largest magnitude decides; it becomes a number in [1, 2).
        smallest: magnitudes below it are not scaled up. 1: ``z`` is never scaled up.

    Example:
        >>> scaled(torch.tensor([[3e30, 0.0], [0.5, 0.25]]), dim=1)
        tensor([[1.1833, 0.0000],
                [0.5000, 0.2500]])
    """
    largest = z.detach().abs().amax(dim, keepdim=True).clamp(min=smallest)
    return z / (largest / (2 * torch.frexp(largest).mantissa))


def check_embeddings(z1: Tensor, z2: Tensor, least: int = 2) -> None:
    """Raise unless both are embeddings ``[B, D]`` of the same videos.

    Raises:
        ValueError: If the shapes differ, are not ``[B, D]``, or B is less than ``least``.

    Example:
        >>> check_embeddings(torch.zeros(4, 3), torch.zeros(4, 3))
    """
    if z1.ndim != 2 or z1.shape != z2.shape:
        raise ValueError(f"embeddings must both be [B, D]: got {tuple(z1.shape)} and {tuple(z2.shape)}")
    if len(z1) < least:
        raise ValueError(f"the objective compares videos of a batch, so B must be >= {least}: got B={len(z1)}")
