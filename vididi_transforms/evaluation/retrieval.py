"""Video retrieval: nearest neighbours and recall at k.

Shapes: N gallery videos, Q query videos, D dimensions of a feature.
"""
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import as_int
from ..objectives.embeddings import scaled

METRICS = ("cosine", "euclidean")
Features = TypeVar("Features", Tensor, np.ndarray)


def recall_at_k(gallery: Tensor, gallery_labels: Tensor, query: Tensor, query_labels: Tensor,
                topk: Sequence[int] = (1, 5, 10), metric: str = "cosine", chunk: int = 1024) -> dict[int, float]:
    """Share of queries with a video of their class among the k nearest gallery videos.

    Args:
        gallery: ``[N, D]``, features of the gallery; in the paper, the training videos.
        gallery_labels: ``[N]``, integers.
        query: ``[Q, D]``, features of the queries.
        query_labels: ``[Q]``, integers.
        topk: every k; a k above N counts as N.
        metric: ``'cosine'`` or ``'euclidean'``.
        chunk: number of queries compared at once; memory holds ``chunk * N`` similarities.

    Returns:
        Each k to its recall in [0, 1].

    Raises:
        TypeError: If a k or ``chunk`` is not an integer.
        ValueError: As :func:`nearest`; also if labels do not match features, or a k is less than 1.

    Example:
        >>> features, labels = torch.eye(3), torch.arange(3)
        >>> recall_at_k(features, labels, features.roll(1, 0), labels, topk=(1, 3))
        {1: 0.0, 3: 1.0}

    Source: paper section 4.1, appendix B.4.
    """
    for name, features, labels in (("gallery", gallery, gallery_labels), ("query", query, query_labels)):
        if labels.shape != features.shape[:1]:
            raise ValueError(f"{name} needs one label per feature: got labels {tuple(labels.shape)} for features "
                             f"{tuple(features.shape)}")
    check_topk(topk)
    neighbours = nearest(gallery, query, max(topk), metric, chunk)
    return recall_of_hits(gallery_labels[neighbours] == query_labels[:, None], topk)


def recall_of_hits(hits: Tensor, topk: Sequence[int]) -> dict[int, float]:
    """Share of queries with a hit among their k nearest gallery videos, for each k.

    Args:
        hits: ``[Q, K]``, booleans: whether the query's class is that of its nearest, second nearest, ... gallery video.
        topk: every k, >= 1.

    Raises:
        ValueError: If there is no query.

    Example:
        >>> recall_of_hits(torch.tensor([[True, False], [False, True]]), topk=(1, 2))
        {1: 0.5, 2: 1.0}
    """
    if len(hits) == 0:
        raise ValueError("recall needs at least one query: got none")
    return {k: hits[:, :k].any(dim=1).double().mean().item() for k in topk}


def centred(features: Features) -> Features:
    """Features ``[N, D]`` minus their mean; takes a NumPy array or a tensor.

    Example:
        >>> centred(torch.tensor([[1.0, 4.0], [3.0, 4.0]]))
        tensor([[-1.,  0.],
                [ 1.,  0.]])
    """
    difference: Features = features - features.mean(0)
    return difference


def nearest(gallery: Tensor, query: Tensor, k: int, metric: str = "cosine", chunk: int = 1024) -> Tensor:
    """Indices of the k nearest gallery videos of each query, nearest first.

    Ties keep the order of the gallery.

    Args:
        gallery: ``[N, D]``, features of the gallery; half precision is compared in float32.
        query: ``[Q, D]``, features of the queries.
        k: number of neighbours.
        metric: ``'cosine'`` or ``'euclidean'``.
        chunk: number of queries compared at once.

    Returns:
        ``[Q, min(k, N)]``, int64.

    Raises:
        TypeError: If k or chunk is not an integer.
        ValueError: If the metric is unknown, k or chunk is less than 1, there is no gallery or query video, the shapes
            do not match, or a feature is not finite.

    Example:
        >>> nearest(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.1, 2.0]]), k=2)
        tensor([[1, 0]])
    """
    check_metric(metric)
    k, chunk = as_int("k", k, minimum=1), as_int("chunk", chunk, minimum=1)
    _check_features(gallery, query)
    dtype = torch.promote_types(torch.promote_types(gallery.dtype, query.dtype), torch.float32)
    gallery, query = _comparable(gallery.to(dtype), query.to(dtype), metric)
    return torch.cat([_largest(_similarity(part, gallery, metric), k) for part in query.split(chunk)])


def _comparable(gallery: Tensor, query: Tensor, metric: str) -> tuple[Tensor, Tensor]:
    """Unit vectors for ``'cosine'``, else features in a common unit.

    The unit keeps very small and very large features apart.
    """
    smallest = torch.finfo(gallery.dtype).tiny
    if metric == "cosine":
        return F.normalize(scaled(gallery, 1, smallest), dim=1), F.normalize(scaled(query, 1, smallest), dim=1)
    both = torch.cat((gallery, query))
    both = scaled(both.flatten(), 0, smallest).view_as(both)
    return both[:len(gallery)], both[len(gallery):]


def _similarity(query: Tensor, gallery: Tensor, metric: str) -> Tensor:
    """``[Q, N]``, larger is nearer; for ``'cosine'`` the features are unit vectors."""
    if metric == "cosine":
        return query @ gallery.T
    # A matrix product would lose small distances between features that are far from the origin.
    return -torch.cdist(query, gallery, compute_mode="donot_use_mm_for_euclid_dist")


def _largest(similarities: Tensor, k: int) -> Tensor:
    """Indices of the k largest values in each row; ties keep their order."""
    values, indices = similarities.topk(min(k + 1, similarities.shape[1]), dim=1)
    tied = (values[:, 1:] == values[:, :-1]).any(dim=1)
    if tied.any():
        order = similarities[tied].argsort(dim=1, descending=True, stable=True)
        indices[tied] = order[:, :indices.shape[1]]
    return indices[:, :k]


def check_metric(metric: str) -> None:
    """Check the name of a metric.

    Raises:
        ValueError: If it is unknown.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}: got {metric!r}")


def check_topk(topk: Sequence[int]) -> None:
    """Check the numbers of neighbours.

    Raises:
        TypeError: If a k is not an integer.
        ValueError: If ``topk`` is not a list, is empty, or a k is less than 1.
    """
    if not isinstance(topk, Sequence) or not topk:
        raise ValueError(f"topk must be a list of integers >= 1: got {topk!r}")
    for k in topk:
        as_int("each k of topk", k, minimum=1)


def _check_features(gallery: Tensor, query: Tensor) -> None:
    if gallery.ndim != 2 or query.ndim != 2 or gallery.shape[1] != query.shape[1]:
        raise ValueError(f"features must be [N, D] and [Q, D]: got {tuple(gallery.shape)} and {tuple(query.shape)}")
    for name, features in (("gallery", gallery), ("query", query)):
        if len(features) == 0:
            raise ValueError(f"{name} must have at least one video: got none")
        broken = int((~features.isfinite()).any(dim=1).sum())
        if broken:
            raise ValueError(f"features must be finite: got NaN or infinity in {broken} of {len(features)} {name} "
                             "videos")
