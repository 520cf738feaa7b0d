"""Slow, independent float64 references, written from the paper's formulas with plain loops."""
import itertools
import math

import numpy as np


def derivative(clip: np.ndarray, order: int, axis: int) -> np.ndarray:
    """Forward difference by the binomial formula, frame by frame."""
    clip = np.moveaxis(clip.astype(np.float64), axis, 0)
    frames = [sum((-1) ** (order - k) * math.comb(order, k) * clip[n + k] for k in range(order + 1))
              for n in range(len(clip) - order)]
    return np.moveaxis(np.stack(frames), 0, axis)


def vicreg(z1: np.ndarray, z2: np.ndarray, gamma: float = 1.0, eps: float = 1e-4) -> tuple[float, float, float]:
    """Equations (8) to (10); (8) divided by D."""
    videos, dims = z1.shape
    s = sum(np.linalg.norm(a - b) ** 2 for a, b in zip(z1, z2, strict=True)) / videos / dims
    v = c = 0.0
    for z in (z1, z2):
        cov = np.cov(z, rowvar=False, ddof=1)
        v += sum(max(0.0, gamma - math.sqrt(cov[j, j] + eps)) for j in range(dims)) / dims
        c += sum(cov[i, j] ** 2 for i, j in itertools.permutations(range(dims), 2)) / dims
    return s, v, c


def recall_at_k(gallery: np.ndarray, gallery_labels: np.ndarray, query: np.ndarray, query_labels: np.ndarray,
                k: int) -> float:
    """One query at a time, cosine."""
    def similarity(a: np.ndarray, b: np.ndarray) -> float:
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    hits = 0
    for q, label in zip(query, query_labels, strict=True):
        order = sorted(range(len(gallery)), key=lambda i: -similarity(q, gallery[i]))
        hits += any(gallery_labels[i] == label for i in order[:k])
    return hits / len(query)
