"""Nearest neighbours in a feature file, recall by class, and the confusion matrix."""
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
import torch

from .features import FeatureSet
from .retrieval import centred, nearest, recall_of_hits

TOPK = (1, 5, 10)
Recalls = dict[int, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest gallery videos of each query video.

    Shapes: Q queries, N gallery videos, L classes.

    Args:
        query: the Q test videos.
        gallery: the N training videos.
        indices: ``[Q, min(10, N)]``, indices of gallery videos, nearest first.
    """

    query: FeatureSet
    gallery: FeatureSet
    indices: np.ndarray

    @cached_property
    def hits(self) -> np.ndarray:
        """``[Q, min(10, N)]``, booleans: whether a neighbour has its query's class."""
        hits: np.ndarray = self.gallery.labels[self.indices] == self.query.labels[:, None]
        return hits

    def recalls(self, chosen: np.ndarray | slice = slice(None)) -> tuple[float, ...]:
        """Recall at 1, 5 and 10 in [0, 1], of all queries or of the chosen ones."""
        return tuple(recall_of_hits(torch.from_numpy(self.hits[chosen]), TOPK).values())

    def class_recalls(self) -> Recalls:
        """Label to recall at 1, 5 and 10, for every class that has queries."""
        return {int(label): self.recalls(self.query.labels == label) for label in np.unique(self.query.labels)}

    def confusion(self) -> np.ndarray:
        """``[L, L]``, counts of queries.

        Rows are the queries' classes, columns the classes of their nearest videos.
        """
        labels = sorted(self.query.classes)
        counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
        found = self.gallery.labels[self.indices[:, 0]]
        np.add.at(counts, (np.searchsorted(labels, self.query.labels), np.searchsorted(labels, found)), 1)
        return counts


def chance_recall(own: int, total: int, k: int) -> float:
    """Probability that k of ``total`` random videos include any of ``own`` videos.

    Example:
        >>> round(chance_recall(60, 480, 1), 3), round(chance_recall(60, 480, 5), 3)
        (0.125, 0.489)
    """
    return 1 - comb(total - own, k) / comb(total, k) if k <= total else float(own > 0)


def chance_recalls(data: FeatureSet) -> tuple[float, ...]:
    """Recall at 1, 5 and 10 in [0, 1] if gallery videos are chosen at random."""
    gallery, queries = (Counter(data.labels[data.splits == split].tolist()) for split in ("gallery", "query"))
    return tuple(sum(count * chance_recall(gallery[label], gallery.total(), k) for label, count in queries.items())
                 / queries.total() for k in TOPK)


def find_neighbours(data: FeatureSet, metric: str = "cosine", centre: bool = False) -> Neighbours:
    """The ten nearest gallery videos of every query video.

    Args:
        data: features of gallery and query videos.
        metric: ``'cosine'`` or ``'euclidean'``.
        centre: subtract each split's own mean feature first, as in the protocol ``'centred'``.

    Raises:
        ValueError: As :func:`vididi_transforms.evaluation.retrieval.nearest`.

    Example:
        >>> eye, label = np.eye(2, dtype=np.float32), np.arange(2)
        >>> splits = np.repeat(["gallery", "query"], 2)
        >>> data = FeatureSet("run", np.vstack([eye, eye]), np.tile(label, 2), splits, splits, {0: "run", 1: "jump"})
        >>> find_neighbours(data).indices
        array([[0, 1],
               [1, 0]])
        >>> find_neighbours(data).class_recalls()
        {0: (1.0, 1.0, 1.0), 1: (1.0, 1.0, 1.0)}

    Source: paper section 4.1, appendix B.4.
    """
    gallery, query = data.part("gallery"), data.part("query")
    x, y = (torch.from_numpy(centred(part.features) if centre else part.features) for part in (gallery, query))
    return Neighbours(query, gallery, nearest(x, y, max(TOPK), metric).numpy())
