"""Video retrieval as a metric of the stock validation and test loops."""
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric

from ...checks import check_int
from ...evaluation.retrieval import centred, check_metric, check_topk, recall_at_k


@dataclass(frozen=True)
class Protocol:
    """Settings of video retrieval that differ between papers, often without mention.

    Args:
        centre: whether to subtract the mean feature of gallery and query, each its own, before comparing.
        min_frames: videos with fewer frames are excluded.
    """

    centre: bool = False
    min_frames: int = 0


PROTOCOLS = {
    "paper": Protocol(),
    "authors": Protocol(min_frames=65),    # the research code of the paper's authors
    "centred": Protocol(centre=True),      # CoCLR, FAME, MSCL, Eztorch
}


@METRICS.register_module()
class VideoRetrievalMetric(BaseMetric):
    """Recall at k of video retrieval.

    The share of query videos with a video of their class among the k nearest gallery videos.

    Needs a ``ConcatDataset`` of gallery and query videos, marked by :class:`SetRetrievalSplit`, and a model that
    predicts a ``feature`` per data sample, such as :class:`TwoViewRecognizer`. The result does not depend on the
    number of ranks.

    Args:
        topk: the values of k.
        metric: ``'cosine'`` or ``'euclidean'``.
        protocol: a name in :data:`PROTOCOLS`; ``'authors'`` needs ``total_frames`` in the ``meta_keys``.
        chunk: number of queries compared at once; a smaller number needs less memory.
        collect_device: ``'cpu'`` or ``'gpu'``, on which the ranks' features are collected.
        prefix: prefix of the result's names. None: ``retrieval``, ``retrieval-authors`` or ``retrieval-centred``.

    Returns (of ``evaluate``):
        ``retrieval/top1`` etc. in [0, 1], and the number of videos as ``retrieval/gallery`` and ``retrieval/queries``.

    Raises:
        ValueError: If an argument is out of range, or in testing, if a sample lacks feature, label or split, or if
            there is no gallery or no query video.
        TypeError: If a k or ``chunk`` is not an integer.

    Example (config):
        ``dict(type='VideoRetrievalMetric', topk=(1, 5, 10), protocol='paper')``

    Source: paper section 4.1, appendix B.4.
    """

    def __init__(self, topk: Sequence[int] = (1, 5, 10), metric: str = "cosine", protocol: str = "paper",
                 chunk: int = 1024, collect_device: str = "cpu", prefix: str | None = None) -> None:
        check_metric(metric)  # here, before the videos are encoded
        check_topk(topk)
        check_int("chunk", chunk, minimum=1)
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}: got {protocol!r}")
        name = "retrieval" if protocol == "paper" else f"retrieval-{protocol}"
        super().__init__(collect_device=collect_device, prefix=prefix or name)
        self.protocol = PROTOCOLS[protocol]
        self.needed = ["feature", "gt_label", "split"]
        if self.protocol.min_frames:
            self.needed.append("total_frames")
        self.topk = tuple(topk)
        self.metric = metric
        self.chunk = chunk

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Store feature, label, split and length of each video."""
        for sample in data_samples:
            check_sample("VideoRetrievalMetric", sample, self.needed)
            # Short videos are excluded later, because mmengine collects lists of equal length from the ranks.
            self.results.append(dict(feature=sample["feature"].cpu(), label=int(sample["gt_label"]),
                                     split=sample["split"], frames=sample.get("total_frames", math.inf)))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Recalls over the collected results of all ranks."""
        gallery, query = (self._join(results, split) for split in ("gallery", "query"))
        recalls = recall_at_k(*gallery, *query, topk=self.topk, metric=self.metric, chunk=self.chunk)
        return {**{f"top{k}": recall for k, recall in recalls.items()},
                "gallery": float(len(gallery[0])), "queries": float(len(query[0]))}  # mmengine does not log integers

    def _join(self, results: list[dict[str, Any]], split: str) -> tuple[torch.Tensor, torch.Tensor]:
        results = [r for r in results if r["split"] == split and r["frames"] >= self.protocol.min_frames]
        if not results:
            frames = f" with {self.protocol.min_frames} frames or more" if self.protocol.min_frames else ""
            raise ValueError(f"retrieval needs at least one {split} video{frames}: got none; mark the videos with "
                             "SetRetrievalSplit")
        features = torch.stack([r["feature"] for r in results])
        if self.protocol.centre:
            features = centred(features)
        return features, torch.tensor([r["label"] for r in results])


def check_sample(who: str, sample: dict[str, Any], needed: Sequence[str]) -> None:
    """Check that a data sample has the keys that a metric needs.

    Raises:
        ValueError: If a key is missing.
    """
    missing = [key for key in needed if key not in sample]
    if missing:
        raise ValueError(f"{who} needs {', '.join(missing)} in every data sample: got the keys {sorted(sample)}; use "
                         "SetRetrievalSplit, meta_keys of PackActionInputs, and a model that predicts features")
