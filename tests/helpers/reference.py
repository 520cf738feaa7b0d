"""Slow, independent float64 references: the paper's formulas in plain loops."""
import colorsys
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
    """Equations (8) to (10), with (8) divided by D."""
    videos, dims = z1.shape
    s = sum(np.linalg.norm(a - b) ** 2 for a, b in zip(z1, z2, strict=True)) / videos / dims
    v = c = 0.0
    for z in (z1, z2):
        cov = np.cov(z, rowvar=False, ddof=1)
        v += sum(max(0.0, gamma - math.sqrt(cov[j, j] + eps)) for j in range(dims)) / dims
        c += sum(cov[i, j] ** 2 for i, j in itertools.permutations(range(dims), 2)) / dims
    return s, v, c


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def info_nce(z1: np.ndarray, z2: np.ndarray, temperature: float = 0.1) -> float:
    """Equation (6), term by term, with the sign of a loss."""
    videos = len(z1)
    s = [[math.exp(cosine(z1[i], z2[j]) / temperature) for j in range(videos)] for i in range(videos)]
    rows = sum(math.log(s[i][i] / sum(s[i][j] for j in range(videos))) for i in range(videos))
    columns = sum(math.log(s[i][i] / sum(s[j][i] for j in range(videos))) for i in range(videos))
    return -(rows + columns) / (2 * videos)


def byol(prediction: np.ndarray, target: np.ndarray) -> float:
    """Equation (7)."""
    return sum(2 - 2 * cosine(p, t) for p, t in zip(prediction, target, strict=True)) / (2 * len(prediction))


def recall_at_k(gallery: np.ndarray, gallery_labels: np.ndarray, query: np.ndarray, query_labels: np.ndarray,
                k: int) -> float:
    """Recall at k by cosine similarity, one query at a time."""
    hits = 0
    for q, label in zip(query, query_labels, strict=True):
        order = sorted(range(len(gallery)), key=lambda i: -cosine(q, gallery[i]))
        hits += any(gallery_labels[i] == label for i in order[:k])
    return hits / len(query)


def augmented(clip, sigma, kernel_size, operations, factors, gray, per_frame=False):
    """Photometric augmentation of one clip ``[T, H, W, 3]`` in [0, 1], pixel by pixel.

    ``operations`` are the names of the jitter operations in order. ``factors`` maps names to factors; hue is in turns.
    """
    clip = blurred(np.asarray(clip, np.float64), sigma, kernel_size)
    for operation in operations:
        factor = factors[operation]
        if operation == "brightness":
            clip = clip * factor
        elif operation == "contrast":
            centre = luma(clip).mean((1, 2) if per_frame else None)
            clip = factor * clip + (1 - factor) * (centre[:, None, None, None] if per_frame else centre)
        elif operation == "saturation":
            clip = factor * clip + (1 - factor) * luma(clip)[..., None]
        else:
            flat = [colorsys.hsv_to_rgb((h + factor) % 1, s, v)
                    for h, s, v in (colorsys.rgb_to_hsv(*pixel) for pixel in clip.reshape(-1, 3))]
            clip = np.array(flat).reshape(clip.shape)
        clip = clip.clip(0, 1)
    return np.repeat(luma(clip)[..., None], 3, axis=-1) if gray else clip


def luma(clip):
    """Luminance: ``[..., 3]`` to ``[...]``."""
    return clip @ np.array([0.2989, 0.587, 0.114])


def blurred(clip, sigma, kernel_size):
    """Blur with two-dimensional Gaussian weights and mirrored borders."""
    if sigma == 0:
        return clip
    half = kernel_size // 2
    padded = np.pad(clip, ((0, 0), (half, half), (half, half), (0, 0)), mode="reflect")
    out, total = np.zeros_like(clip), 0.0
    for dy in range(kernel_size):
        for dx in range(kernel_size):
            weight = np.exp(-((dy - half) ** 2 + (dx - half) ** 2) / (2 * sigma**2))
            out += weight * padded[:, dy:dy + clip.shape[1], dx:dx + clip.shape[2]]
            total += weight
    return out / total
