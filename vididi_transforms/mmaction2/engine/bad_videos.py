"""Counts the unreadable videos of a training, and stops it at too many."""
import json
from pathlib import Path
from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...data.files import write_text
from ..datasets.safe_dataset import listing
from .runner_utils import rank_suffix, samples_of

Replaced = list[tuple[str, str]]  # name and error of each video that a sample replaces


@HOOKS.register_module()
class BadVideosHook(Hook):
    """Writes the videos that :class:`SafeDataset` has replaced to ``bad_videos.json``.

    The log names each video once. Every rank counts its own samples; rank 1 writes ``bad_videos-rank1.json``, and so
    on.

    Args:
        limit: training stops when more than this share of an epoch's samples has been replaced. One sample per epoch is
            always allowed.

    Raises:
        ValueError: If ``limit`` is not in [0, 1].
        RuntimeError: In training, if the limit is exceeded; the message lists the videos.

    Example (config):
        ``dict(type='BadVideosHook', limit=0.01)`` in ``default_hooks``, as ``bad_videos``
    """

    def __init__(self, limit: float = 0.01) -> None:
        if not 0 <= limit <= 1:
            raise ValueError(f"limit must be in [0, 1]: got {limit}")
        self.limit = limit

    def before_train(self, runner: Runner) -> None:
        """Read the report of an earlier run in the work dir, if there is one.

        A damaged one is renamed, with a warning.
        """
        self._path = Path(runner.work_dir, f"bad_videos{rank_suffix()}.json")
        self._videos = self._earlier(runner) if self._path.exists() else {}
        self._epoch = 0
        self._number = 0  # of samples replaced in this epoch; one may replace several videos in a row
        self._replaced: Replaced = []

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Count the replaced samples of a batch; stop above the limit."""
        samples = [sample.replaced for sample in samples_of(data_batch) if getattr(sample, "replaced", None)]
        if not samples:
            return
        epoch = runner.iter // len(runner.train_dataloader)
        if epoch != self._epoch:
            self._epoch, self._number, self._replaced = epoch, 0, []
        videos = [video for sample in samples for video in sample]
        self._report(runner, videos)
        self._replaced += videos
        self._number += len(samples)
        total = len(runner.train_dataloader.dataset) / get_world_size()
        if self._number > max(1, self.limit * total):
            raise RuntimeError(f"{self._number} of {total:g} samples could not be read in epoch {epoch + 1}, and the "
                               f"limit is {self.limit:.2%}:\n{listing(self._replaced)}")

    def _earlier(self, runner: Runner) -> dict[str, Any]:
        try:
            videos = json.loads(self._path.read_bytes())
            return {name: {"error": str(video["error"]), "times": int(video["times"])}
                    for name, video in videos.items()}
        except (AttributeError, KeyError, TypeError, ValueError):
            aside = self._path.replace(self._path.with_suffix(".damaged.json"))
            runner.logger.warning(f"{self._path} is damaged: it is now {aside.name}, and a new report begins")
            return {}

    def _report(self, runner: Runner, videos: Replaced) -> None:
        for name, error in videos:
            if name not in self._videos:
                runner.logger.warning(f"replaced, as it cannot be read: {name}: {error}")
            times = self._videos.get(name, {}).get("times", 0)
            self._videos[name] = {"error": error, "times": times + 1}
        write_text(self._path, json.dumps(self._videos, indent=2) + "\n")
