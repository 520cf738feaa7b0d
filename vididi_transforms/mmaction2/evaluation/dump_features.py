"""Writes the test videos' features to a file, for clustering and retrieval pages."""
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log

from ...data.files import complete
from ...evaluation.features import FILE
from .retrieval_metric import check_sample


@METRICS.register_module()
class DumpFeatures(BaseMetric):
    """Writes the feature of each test video to an ``.npz`` file.

    Usually next to :class:`VideoRetrievalMetric`.

    The file has N rows in the order of the dataset: ``features`` ``[N, D]`` (float32), ``labels`` ``[N]`` (int64),
    ``splits`` ``[N]`` (``'gallery'`` or ``'query'``) and ``videos`` ``[N]`` (file names); and ``classes`` if the
    dataset's metainfo has them. It is written atomically, with each video once for any number of ranks.

    Args:
        out: path of the file. None: ``features.npz`` in the work dir of the Runner that was built last.
        collect_device: ``'cpu'`` or ``'gpu'``, on which the ranks' features are collected.

    Raises:
        ValueError: If ``out`` does not end in ``.npz``, if there is neither ``out`` nor a Runner, or in testing, if a
            sample lacks feature, label, split or name.

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
        """Store feature, label, split and name of each video."""
        for sample in data_samples:
            name = "frame_dir" if "frame_dir" in sample else "filename"  # RawframeDataset, VideoDataset
            check_sample("DumpFeatures", sample, ("feature", "gt_label", "split", name))
            self.results.append(dict(features=sample["feature"].float().cpu().numpy(), labels=int(sample["gt_label"]),
                                     splits=sample["split"], videos=str(sample[name])))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Write the collected results of all ranks."""
        columns: dict[str, Any] = {key: np.array([result[key] for result in results]) for key in results[0]}
        classes = (self.dataset_meta or {}).get("classes")
        if classes is not None and not isinstance(classes, str):  # mmengine keeps the path of a missing file
            columns["classes"] = np.array(classes)
        with complete(self.out) as part, part.open("wb") as file:
            np.savez_compressed(file, **columns)
        print_log(f"Features of {len(results)} videos: {self.out}", logger="current")
        return {"videos": float(len(results))}


def _work_dir() -> Path:
    log = MMLogger.get_current_instance().log_file  # WORK_DIR/TIME/TIME.log
    if log is None:
        raise ValueError("out must be a path if there is no Runner: got None")
    return Path(log).parents[1]
