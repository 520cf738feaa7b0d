"""From feature maps to embeddings: pooling, precision and checks."""
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def global_average_pool(outputs: Tensor | Sequence[Tensor]) -> Tensor:
    """Features ``[B, D]`` from what an encoder returns.

    | outputs | features |
    |---|---|
    | maps ``[B, D, t, h, w]`` | their mean over time and space |
    | features ``[B, D]`` | the same |
    | a list or tuple of these, such as the pathways of SlowFast | those of each, joined along D |
    | maps and a class token ``[B, D]`` of the same width D, as from MViT | the class token |

    It is a mean and not a pooling layer because the backward pass of a mean is deterministic on CUDA.

    Raises:
        TypeError: If the outputs are none of these.

    Example:
        >>> slow, fast = torch.ones(1, 2, 1, 3, 3), torch.zeros(1, 1, 4, 3, 3)
        >>> global_average_pool((slow, fast))
        tensor([[1., 1., 0.]])
    """
    parts: Sequence[Any] = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if not parts or any(not isinstance(part, Tensor) or part.ndim not in (2, 5) for part in parts):
        raise TypeError("an encoder must return maps [B, D, t, h, w], features [B, D], or a list or tuple of these: "
                        f"got {type(outputs).__name__} {shapes(outputs)}")
    if [part.ndim for part in parts] == [5, 2] and parts[0].shape[:2] == parts[1].shape:
        parts = parts[1:]  # MViTHead takes the class token, too
    return torch.cat([part.mean(dim=(2, 3, 4)) if part.ndim == 5 else part for part in parts], dim=1)


def shapes(outputs: Any) -> Any:
    """Shapes in place of tensors in nested dicts, lists and tuples, for messages.

    Example:
        >>> shapes({"maps": [torch.zeros(1, 2)], "mask": None})
        {'maps': [(1, 2)], 'mask': 'NoneType'}
    """
    if isinstance(outputs, Tensor):
        return tuple(outputs.shape)
    if isinstance(outputs, dict):
        return {key: shapes(value) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return [shapes(value) for value in outputs]
    return type(outputs).__name__


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
