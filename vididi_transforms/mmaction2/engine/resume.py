"""Going on after an interruption exactly as if there had been none."""
import zipfile
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop, Runner

from ...data.files import write_text
from ..datasets.samplers import KeyedSampler
from .runner_utils import shared_seed

STATE = "exact_resume"  # key in the checkpoint
PATTERNS = ("epoch_*.pth", "iter_*.pth", "preempted.pth")


@HOOKS.register_module()
class ExactResumeHook(Hook):
    """A resumed run trains on what the interrupted one had not yet seen, from its newest undamaged checkpoint.

    Needs a :class:`KeyedSampler`, and :class:`StepSeedHook` for the draws of the steps. In the middle of an epoch,
    with ``CheckpointHook(by_epoch=False)``, the samples before are not read. With ``--resume`` each checkpoint in the
    folder is checked, the newest first, and ``last_checkpoint`` is made to name the first that is whole.

    Another number of processes goes on as the same run if batch size times processes stays the same. At the start of an
    epoch another batch may go on, with a warning.

    Raises:
        ValueError: all checkpoints are damaged; or, in the middle of an epoch, the batch or the epoch is another.

    Example (config):
        ``dict(type='ExactResumeHook')`` in ``default_hooks``, as ``exact_resume``
    """

    priority = "BELOW_NORMAL"  # after DistSamplerSeedHook has set the epoch

    def __init__(self) -> None:
        self._saved: dict[str, int] = {}
        self._resumed = False  # and has not yet gone on

    def before_run(self, runner: Runner) -> None:
        """Let ``last_checkpoint`` name the newest whole one."""
        if runner._resume and runner._load_from is None:
            if is_main_process():
                mark_newest(Path(runner.work_dir), runner.logger)
            barrier()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Store what a step is."""
        seed = getattr(runner.train_dataloader.sampler, "seed", None)
        checkpoint[STATE] = step_of(runner) if seed is None else {**step_of(runner), "seed": seed}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep it; it counts only if training goes on from it."""
        self._saved = checkpoint.get(STATE, {})

    def before_train(self, runner: Runner) -> None:
        """Find the position."""
        sampler = runner.train_dataloader.sampler
        self._resumed = runner.iter > 0 and isinstance(sampler, KeyedSampler)
        if not self._resumed:
            return
        sampler.seed = self._saved.get("seed", shared_seed(runner.seed))  # the interrupted run's
        now = step_of(runner)
        saved = {name: self._saved.get(name, number) for name, number in now.items()}
        if saved != now:
            message = (f"the checkpoint was trained with {_words(saved)}, and this run has {_words(now)}: batch size "
                       "times processes must stay the same")
            if runner.iter % saved["steps"]:
                raise ValueError(message)
            runner.logger.warning(f"{message}, or it is another run from here on")

    def before_train_epoch(self, runner: Runner) -> None:
        """Let the first epoch start where it was interrupted."""
        if not self._resumed:
            return
        self._resumed = False
        steps = self._saved.get("steps", len(runner.train_dataloader))
        if isinstance(runner.train_loop, IterBasedTrainLoop):
            go_to(runner, *divmod(runner.iter, steps))
        else:
            runner.train_dataloader.sampler.start = (
                runner.iter - runner.epoch * steps) * runner.train_dataloader.batch_size


def step_of(runner: Runner) -> dict[str, int]:
    """What must stay the same for a run to go on in the middle of an epoch."""
    loader = runner.train_dataloader
    return {"steps": len(loader), "batch": loader.batch_size * get_world_size()}


def _words(step: dict[str, int]) -> str:
    return f"batches of {step['batch']} and {step['steps']} steps in an epoch"


def go_to(runner: Runner, epoch: int, step: int) -> None:
    """Let an ``IterBasedTrainLoop`` go on in the data: what it throws away has not been read."""
    loader, loop = runner.train_dataloader, runner.train_loop
    loader.sampler.set_epoch(epoch)
    loader.sampler.start = step * loader.batch_size
    loop.dataloader_iterator = _Advanced(type(loop.dataloader_iterator)(loader), epoch, runner.iter)


class _Advanced:
    """An iterator of an ``IterBasedTrainLoop`` that has already been advanced by ``steps``."""

    def __init__(self, iterator: Any, epoch: int, steps: int) -> None:
        iterator._epoch = epoch
        self.iterator, self.steps = iterator, steps

    def __next__(self) -> Any:
        if self.steps:
            self.steps -= 1
            return None
        return next(self.iterator)


def mark_newest(work_dir: Path, logger: Any) -> None:
    """Write the path of the newest undamaged checkpoint to ``last_checkpoint``.

    Args:
        work_dir: of the run, with ``last_checkpoint`` if a checkpoint has been completed.
        logger: is told which are damaged.

    Raises:
        ValueError: there are checkpoints, and all are damaged.
    """
    last = work_dir / "last_checkpoint"
    named = last.read_text().strip() if last.exists() else ""
    folder = Path(named).parent if named else work_dir
    found = sorted((path for pattern in PATTERNS for path in folder.glob(pattern)),
                   key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in found:
        if whole(path):
            write_text(last, str(path))
            return
        logger.warning(f"checkpoint {path} is damaged; the one before is used")
    if found:
        raise ValueError(f"nothing to resume from: all checkpoints in {folder} are damaged: "
                         f"{', '.join(path.name for path in found)}")


def whole(path: Path) -> bool:
    """Whether a file is a checkpoint whose checksums are right; nothing in it is loaded."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError):
        return False
