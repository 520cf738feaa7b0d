"""Which videos could not be read: counted, named, and at some number the end."""
import json
from itertools import chain
from pathlib import Path
from typing import Any

from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...data.files import write_text
from ..datasets.safe_dataset import listing


@HOOKS.register_module()
class BadVideosHook(Hook):
    """Counts what :class:`SafeDataset` has replaced, and writes it to ``bad_videos.json`` in the work folder.

    Each video is named in the log once. Each process counts for itself; all but the first write
    ``bad_videos-rank1.json`` and so on.

    Args:
        limit: training stops when more than this part of an epoch's samples have been replaced in one epoch. One
            always may.

    Raises:
        ValueError: ``limit`` is not in [0, 1].
        RuntimeError: there were more; the message lists them.

    Example (config):
        ``dict(type='BadVideosHook', limit=0.01)`` in ``default_hooks``, as ``bad_videos``
    """

    def __init__(self, limit: float = 0.01) -> None:
        if not 0 <= limit <= 1:
            raise ValueError(f"limit must be in [0, 1]: got {limit}")
        self.limit = limit

    def before_train(self, runner: Runner) -> None:
        """Go on with the report of an earlier run in the folder."""
        self._path = Path(runner.work_dir, f"bad_videos{f'-rank{get_rank()}' * (get_rank() > 0)}.json")
        self._videos = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._epoch, self._replaced = 0, list[list[tuple[str, str]]]()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Count; stop at the limit."""
        found = [sample.replaced for sample in _samples(data_batch) if hasattr(sample, "replaced")]
        if not found:
            return
        epoch = runner.iter // len(runner.train_dataloader)
        if epoch != self._epoch:
            self._epoch, self._replaced = epoch, []
        self._replaced += found
        self._report(runner, list(chain(*found)))
        samples = len(runner.train_dataloader.dataset) / get_world_size()
        if len(self._replaced) > max(1, self.limit * samples):
            raise RuntimeError(f"{len(self._replaced)} of {samples:g} samples could not be read in epoch {epoch + 1}, "
                               f"and the limit is {self.limit:.2%}:\n{listing(list(chain(*self._replaced)))}")

    def _report(self, runner: Runner, found: list[tuple[str, str]]) -> None:
        for name, error in found:
            if name not in self._videos:
                runner.logger.warning(f"replaced, as it cannot be read: {name}: {error}")
            times = self._videos.get(name, {}).get("times", 0)
            self._videos[name] = {"error": error, "times": times + 1}
        write_text(self._path, json.dumps(self._videos, indent=2) + "\n")


def _samples(batch: Any) -> Any:
    samples = batch.get("data_samples") if isinstance(batch, dict) else None
    return samples if isinstance(samples, (list, tuple)) else ()
