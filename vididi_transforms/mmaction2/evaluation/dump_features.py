"""The features of a test as a file, for clustering and retrieval pages."""
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log

from ...data.files import unfinished
from ...evaluation.features import FILE
from .retrieval_metric import check_sample


@METRICS.register_module()
class DumpFeatures(BaseMetric):
    """Writes what the model predicts for each video to a file; stands beside :class:`VideoRetrievalMetric`.

    The ``.npz`` has ``features`` ``[N, D]`` (float32), ``labels`` ``[N]`` (int64), ``splits`` ``[N]`` (``'gallery'``
    or ``'query'``), ``videos`` ``[N]`` (names) and, if the data set's metainfo names them, ``classes``, in the order
    of the data set. It appears when it is whole, and has every video once under any number of processes.

    Args:
        out: the file; None: ``features.npz`` in the work dir of the Runner that was built last.
        collect_device: ``'cpu'`` or ``'gpu'``.

    Raises:
        ValueError: there is neither ``out`` nor a Runner; ``out`` has another ending; a sample is not marked or has
            no feature or no name.

    Example (config):
        ``dict(type='DumpFeatures', out='vididi.npz')`` in a list ``test_evaluator``
    """

    default_prefix = "features"

    def __init__(self, out: str | None = None, collect_device: str = "cpu") -> None:
        super().__init__(collect_device=collect_device)
        self.out = Path(out) if out is not None else _work_dir() / FILE
        if self.out.suffix != ".npz":
            raise ValueError(f"out must end in .npz: got {out!r}")

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Keep each video's feature, label, split and name."""
        for sample in data_samples:
            name = "frame_dir" if "frame_dir" in sample else "filename"  # of RawframeDataset, and of VideoDataset
            check_sample("DumpFeatures", sample, ("feature", "gt_label", "split", name))
            self.results.append(dict(features=sample["feature"].float().cpu().numpy(), labels=int(sample["gt_label"]),
                                     splits=sample["split"], videos=str(sample[name])))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Write the joined results of all processes."""
        columns: dict[str, Any] = {key: np.array([result[key] for result in results]) for key in results[0]}
        classes = (self.dataset_meta or {}).get("classes")
        if classes is not None and not isinstance(classes, str):  # a file that mmengine has not found
            columns["classes"] = np.array(classes)
        part = unfinished(self.out)
        with part.open("wb") as file:
            np.savez_compressed(file, **columns)
        part.replace(self.out)
        print_log(f"Features of {len(results)} videos: {self.out}", logger="current")
        return {"videos": float(len(results))}


def _work_dir() -> Path:
    log = MMLogger.get_current_instance().log_file  # WORK_DIR/TIME/TIME.log
    if log is None:
        raise ValueError("DumpFeatures needs out where there is no Runner: got None")
    return Path(log).parents[1]
