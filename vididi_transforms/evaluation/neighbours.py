"""Which training videos each test video finds: of a feature file, with recalls by class and confusion."""
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
import torch

from .features import FeatureSet
from .retrieval import nearest

TOPK = (1, 5, 10)
Recalls = dict[int, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest gallery videos of Q query videos; L classes.

    Args:
        query: the test videos.
        gallery: the training videos, N of them.
        indices: ``[Q, min(10, N)]``, of gallery videos, nearest first.
    """

    query: FeatureSet
    gallery: FeatureSet
    indices: np.ndarray

    @cached_property
    def hits(self) -> np.ndarray:
        """Which of them are of their query's class: ``[Q, min(10, N)]``."""
        hits: np.ndarray = self.gallery.labels[self.indices] == self.query.labels[:, None]
        return hits

    def recalls(self, chosen: np.ndarray | slice = slice(None)) -> tuple[float, ...]:
        """Recall at 1, 5 and 10, in [0, 1], of all queries or of chosen ones."""
        return tuple(float(self.hits[chosen, :k].any(axis=1).mean()) for k in TOPK)

    def class_recalls(self) -> Recalls:
        """Label to recalls, for the labels that have query videos."""
        return {int(label): self.recalls(self.query.labels == label) for label in np.unique(self.query.labels)}

    def confusion(self) -> np.ndarray:
        """``[L, L]``, in the order of the labels: queries by their class (row) and their nearest video's (column)."""
        labels = sorted(self.query.classes)
        counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
        found = self.gallery.labels[self.indices[:, 0]]
        np.add.at(counts, (np.searchsorted(labels, self.query.labels), np.searchsorted(labels, found)), 1)
        return counts


def chance_recall(own: int, total: int, k: int) -> float:
    """Chance that one of k of ``total`` videos, drawn at random, is one of ``own``.

    Example:
        >>> round(chance_recall(60, 480, 1), 3), round(chance_recall(60, 480, 5), 3)
        (0.125, 0.489)
    """
    return 1 - comb(total - own, k) / comb(total, k) if k <= total else float(own > 0)


def chance_recalls(data: FeatureSet) -> tuple[float, ...]:
    """Recalls at 1, 5 and 10 of gallery videos that are drawn at random, in [0, 1]."""
    gallery, queries = (Counter(data.labels[data.splits == split].tolist()) for split in ("gallery", "query"))
    return tuple(sum(count * chance_recall(gallery[label], gallery.total(), k) for label, count in queries.items())
                 / queries.total() for k in TOPK)


def find_neighbours(data: FeatureSet, metric: str = "cosine", center: bool = False) -> Neighbours:
    """The ten nearest gallery videos of every query video.

    Args:
        data: of a feature file.
        metric: ``'cosine'`` or ``'euclidean'``.
        center: subtract each split's own mean first, as the protocol ``'centred'``.

    Raises:
        ValueError: as :func:`vididi_transforms.evaluation.retrieval.nearest`.

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
    kept, asked = (torch.from_numpy(part.features - part.features.mean(axis=0) if center else part.features)
                   for part in (gallery, query))
    return Neighbours(query, gallery, nearest(kept, asked, max(TOPK), metric).numpy())
