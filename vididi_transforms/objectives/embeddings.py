"""What every objective requires of its embeddings."""
from torch import Tensor


def check_embeddings(z1: Tensor, z2: Tensor, least: int = 2) -> None:
    """Raise unless both are embeddings ``[B, D]`` of the same videos.

    Raises:
        ValueError: the shapes differ, are not ``[B, D]``, or B is less than ``least``.
    """
    if z1.ndim != 2 or z1.shape != z2.shape:
        raise ValueError(f"embeddings must both be [B, D]: got {tuple(z1.shape)} and {tuple(z2.shape)}")
    if len(z1) < least:
        raise ValueError(f"the objective compares videos of a batch, so B must be >= {least}: got B={len(z1)}")
