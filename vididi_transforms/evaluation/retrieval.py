"""Nearest-neighbour retrieval of videos and its recall; N gallery and Q query videos, features of D dimensions."""
from collections.abc import Sequence
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor

METRICS = ("cosine", "euclidean")


def recall_at_k(gallery: Tensor, gallery_labels: Tensor, query: Tensor, query_labels: Tensor,
                topk: Sequence[int] = (1, 5, 10), metric: str = "cosine", chunk: int = 1024) -> dict[int, float]:
    """Share of queries with at least one of the k nearest gallery videos of their own class.

    Args:
        gallery: ``[N, D]``; the training videos in the paper's protocol.
        gallery_labels: ``[N]``, integers.
        query: ``[Q, D]``.
        query_labels: ``[Q]``, integers.
        topk: the k; one larger than N counts as N.
        metric: ``'cosine'`` or ``'euclidean'``.
        chunk: queries compared at once; memory is ``chunk * N`` similarities.

    Returns:
        k to recall in [0, 1].

    Raises:
        ValueError: as :func:`nearest`; labels do not match features; a k is no integer >= 1.

    Example:
        >>> features, labels = torch.eye(3), torch.arange(3)
        >>> recall_at_k(features, labels, features.roll(1, 0), labels, topk=(1, 3))
        {1: 0.0, 3: 1.0}

    Source: paper section 4.1, appendix B.4.
    """
    for name, features, labels in (("gallery", gallery, gallery_labels), ("query", query, query_labels)):
        if labels.shape != features.shape[:1]:
            raise ValueError(f"{name} needs one label a feature: got labels {tuple(labels.shape)} for features "
                             f"{tuple(features.shape)}")
    check_topk(topk)
    neighbours = nearest(gallery, query, max(topk), metric, chunk)
    hits = gallery_labels[neighbours] == query_labels[:, None]
    return {k: hits[:, :k].any(dim=1).double().mean().item() for k in topk}


def nearest(gallery: Tensor, query: Tensor, k: int, metric: str = "cosine", chunk: int = 1024) -> Tensor:
    """Indices of each query's k nearest gallery videos, nearest first; of equally near ones the first in the gallery.

    Args:
        gallery: ``[N, D]``; half precision is compared in float32.
        query: ``[Q, D]``.
        k: how many, at most N come back.
        metric: ``'cosine'`` or ``'euclidean'``.
        chunk: queries compared at once.

    Returns:
        ``[Q, min(k, N)]``, int64.

    Raises:
        ValueError: the metric is not known, k or chunk is no integer >= 1, a set is empty, shapes do not match, or a
            feature is not finite.

    Example:
        >>> nearest(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.1, 2.0]]), k=2)
        tensor([[1, 0]])
    """
    check_metric(metric)
    if not _are_counts(k, chunk):
        raise ValueError(f"k and chunk must be integers >= 1: got k={k}, chunk={chunk}")
    _check_features(gallery, query)
    dtype = torch.promote_types(torch.promote_types(gallery.dtype, query.dtype), torch.float32)
    gallery, query = gallery.to(dtype), query.to(dtype)
    if metric == "cosine":
        gallery, query = F.normalize(gallery, dim=1), F.normalize(query, dim=1)
    return torch.cat([_largest(_similarity(part, gallery, metric), k) for part in query.split(chunk)])


def _similarity(query: Tensor, gallery: Tensor, metric: str) -> Tensor:
    """``[Q, N]``; cosine takes unit vectors."""
    if metric == "cosine":
        return query @ gallery.T
    # Not by matrix product, which loses the small differences of features that lie far from the origin.
    return -torch.cdist(query, gallery, compute_mode="donot_use_mm_for_euclid_dist")


def _largest(similarities: Tensor, k: int) -> Tensor:
    """Indices of the k largest of each row, of equal ones the first; only rows that have equal ones are sorted."""
    values, indices = similarities.topk(min(k + 1, similarities.shape[1]), dim=1)
    tied = (values[:, 1:] == values[:, :-1]).any(dim=1)
    if tied.any():
        order = similarities[tied].argsort(dim=1, descending=True, stable=True)
        indices[tied] = order[:, :indices.shape[1]]
    return indices[:, :k]


def check_metric(metric: str) -> None:
    """Raise unless ``metric`` is known.

    Raises:
        ValueError: it is not.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}: got {metric!r}")


def check_topk(topk: Sequence[int]) -> None:
    """Raise unless ``topk`` holds numbers of neighbours.

    Raises:
        ValueError: it is empty, or one of them is no integer >= 1.
    """
    if not isinstance(topk, Sequence) or not topk or not _are_counts(*topk):
        raise ValueError(f"topk needs integers >= 1: got {topk!r}")


def _are_counts(*numbers: int) -> bool:
    return all(isinstance(number, Integral) and number >= 1 for number in numbers)


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
