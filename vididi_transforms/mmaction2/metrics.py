"""Video retrieval as a metric of the stock validation and test loops."""
from collections.abc import Sequence
from typing import Any

import torch
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric

from ..retrieval import recall_at_k


@METRICS.register_module()
class VideoRetrievalMetric(BaseMetric):
    """Recall of the class among the k nearest gallery videos, over all query videos.

    For a ``ConcatDataset`` of gallery and query videos, marked by :class:`MarkSplit`, and a model that gives every
    data sample a ``feature``, such as :class:`TwoStreamRecognizer`. Correct under any number of processes.

    Args:
        topk: the k.
        metric: ``'cosine'`` or ``'euclidean'``.
        chunk: queries compared at once, which bounds the memory.
        collect_device: ``'cpu'`` or ``'gpu'``.
        prefix: of the result's names.

    Returns (of ``evaluate``):
        ``retrieval/top1`` etc. in [0, 1], and the numbers of gallery and query videos.

    Raises:
        ValueError: a sample is not marked or has no feature, or there is no gallery or no query video.

    Source: paper section 4.1, appendix B.4.
    """

    default_prefix = "retrieval"

    def __init__(self, topk: Sequence[int] = (1, 5, 10), metric: str = "cosine", chunk: int = 1024,
                 collect_device: str = "cpu", prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.topk = tuple(topk)
        self.metric = metric
        self.chunk = chunk

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep each video's feature, label, split and name."""
        for sample in data_samples:
            missing = [key for key in ("feature", "gt_label", "split") if key not in sample]
            if missing:
                raise ValueError(f"VideoRetrievalMetric needs {', '.join(missing)} in every data sample: mark the "
                                 "videos with MarkSplit, keep 'split' in PackActionInputs' meta_keys, and use a "
                                 f"model that predicts features; got the keys {sorted(sample)}")
            self.results.append(dict(feature=sample["feature"].cpu(), label=int(sample["gt_label"]),
                                     split=sample["split"], name=sample.get("filename")))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Recalls over the joined results of all processes."""
        gallery, query = (_stack([r for r in results if r["split"] == split], split) for split in ("gallery", "query"))
        recalls = recall_at_k(*gallery, *query, topk=self.topk, metric=self.metric, chunk=self.chunk)
        return {**{f"top{k}": recall for k, recall in recalls.items()},
                "gallery": float(len(gallery[0])), "queries": float(len(query[0]))}  # mmengine writes no integers


def _stack(results: list[dict[str, Any]], split: str) -> tuple[torch.Tensor, torch.Tensor]:
    if not results:
        raise ValueError(f"retrieval needs at least one {split} video: got none; mark them with MarkSplit")
    return torch.stack([r["feature"] for r in results]), torch.tensor([r["label"] for r in results])
