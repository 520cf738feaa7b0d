"""Video retrieval as a metric of the stock validation and test loops."""
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric

from ...evaluation.retrieval import check_metric, check_topk, recall_at_k


@dataclass(frozen=True)
class Protocol:
    """What differs silently between papers.

    Args:
        center: subtract each split's own mean feature before comparing.
        min_frames: shorter videos are left out.
    """

    center: bool = False
    min_frames: int = 0


PROTOCOLS = {
    "paper": Protocol(),
    "authors": Protocol(min_frames=65),    # the research code of the paper
    "centred": Protocol(center=True),      # CoCLR, FAME, MSCL, Eztorch
}


@METRICS.register_module()
class VideoRetrievalMetric(BaseMetric):
    """Recall of the class among the k nearest gallery videos, over all query videos.

    For a ``ConcatDataset`` of gallery and query videos, marked by :class:`SetRetrievalSplit`, and a model that gives
    every data sample a ``feature``, such as :class:`TwoViewRecognizer`. Correct under any number of processes.

    Args:
        topk: the k.
        metric: ``'cosine'`` or ``'euclidean'``.
        protocol: a name in :data:`PROTOCOLS`; ``'authors'`` needs ``total_frames`` among the meta keys.
        chunk: queries compared at once, which bounds the memory.
        collect_device: ``'cpu'`` or ``'gpu'``.
        prefix: of the result's names; by default ``retrieval``, ``retrieval-authors``, ``retrieval-centred``.

    Returns (of ``evaluate``):
        ``retrieval/top1`` etc. in [0, 1], and the numbers of gallery and query videos.

    Raises:
        ValueError: an argument is not known, a sample is not marked or has no feature, or there is no gallery or no
            query video.

    Example (config):
        ``dict(type='VideoRetrievalMetric', topk=(1, 5, 10), protocol='paper')``

    Source: paper section 4.1, appendix B.4.
    """

    def __init__(self, topk: Sequence[int] = (1, 5, 10), metric: str = "cosine", protocol: str = "paper",
                 chunk: int = 1024, collect_device: str = "cpu", prefix: str | None = None) -> None:
        check_metric(metric)  # now, not after every video has been encoded
        check_topk(topk)
        if not isinstance(chunk, int) or chunk < 1:
            raise ValueError(f"chunk must be an integer >= 1: got {chunk!r}")
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}: got {protocol!r}")
        name = "retrieval" if protocol == "paper" else f"retrieval-{protocol}"
        super().__init__(collect_device=collect_device, prefix=prefix or name)
        self.protocol = PROTOCOLS[protocol]
        self.needed = ["feature", "gt_label", "split"] + ["total_frames"] * bool(self.protocol.min_frames)
        self.topk = tuple(topk)
        self.metric = metric
        self.chunk = chunk

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep each video's feature, label, split and length."""
        for sample in data_samples:
            check_sample("VideoRetrievalMetric", sample, self.needed)
            # Even short videos stay here: with several processes mmengine joins lists of equal length.
            self.results.append(dict(feature=sample["feature"].cpu(), label=int(sample["gt_label"]),
                                     split=sample["split"], frames=sample.get("total_frames", math.inf)))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Recalls over the joined results of all processes."""
        gallery, query = (self._join(results, split) for split in ("gallery", "query"))
        recalls = recall_at_k(*gallery, *query, topk=self.topk, metric=self.metric, chunk=self.chunk)
        return {**{f"top{k}": recall for k, recall in recalls.items()},
                "gallery": float(len(gallery[0])), "queries": float(len(query[0]))}  # mmengine writes no integers

    def _join(self, results: list[dict[str, Any]], split: str) -> tuple[torch.Tensor, torch.Tensor]:
        results = [r for r in results if r["split"] == split and r["frames"] >= self.protocol.min_frames]
        if not results:
            raise ValueError(f"retrieval needs at least one {split} video of {self.protocol.min_frames} frames or "
                             "more: got none; mark them with SetRetrievalSplit")
        features = torch.stack([r["feature"] for r in results])
        if self.protocol.center:
            features = features - features.mean(dim=0)
        return features, torch.tensor([r["label"] for r in results])


def check_sample(who: str, sample: dict[str, Any], needed: Sequence[str]) -> None:
    """Raise unless a data sample has what a metric needs.

    Raises:
        ValueError: it has not.
    """
    missing = [key for key in needed if key not in sample]
    if missing:
        raise ValueError(f"{who} needs {', '.join(missing)} in every data sample: mark the videos with "
                         "SetRetrievalSplit, keep these in PackActionInputs' meta_keys, and use a model that predicts "
                         "features; got the keys "
                         f"{sorted(sample)}")
