"""Resumes an interrupted run so that the result equals an uninterrupted one."""
import zipfile
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop, Runner

from ...data.files import write_text
from ..datasets.samplers import KeyedSampler
from .preemption import PREEMPTED
from .runner_utils import shared_seed

STATE = "exact_resume"  # key in checkpoints
PATTERNS = ("epoch_*.pth", "iter_*.pth", PREEMPTED)


@HOOKS.register_module()
class ExactResumeHook(Hook):
    """Resumes from the newest undamaged checkpoint, with the samples not yet seen.

    Needs a :class:`KeyedSampler`, and :class:`StepSeedHook` for the randomness of the steps. A checkpoint from the
    middle of an epoch (``CheckpointHook(by_epoch=False)``) resumes there, without reading the finished batches again.
    With ``--resume`` the hook checks the checkpoint files, newest first, and writes the path of the first undamaged
    one to ``last_checkpoint``. Those in the work dir come first, so that a copied or moved work dir continues itself.

    The number of ranks may change if the global batch size (batch size times ranks) stays the same. Another global
    batch size is accepted at the start of an epoch only, with a warning.

    Raises:
        ValueError: If all checkpoints are damaged or gone, or if the global batch size or the number of steps per epoch
            has changed in the middle of an epoch.

    Example (config):
        ``dict(type='ExactResumeHook')`` in ``default_hooks``, as ``exact_resume``
    """

    priority = "BELOW_NORMAL"  # after DistSamplerSeedHook has set the epoch

    def __init__(self) -> None:
        self._saved: dict[str, int] = {}
        self._resumed = False  # True if the run was resumed, until its first epoch starts

    def before_run(self, runner: Runner) -> None:
        """Let ``last_checkpoint`` name the newest undamaged checkpoint."""
        if runner._resume and runner._load_from is None:
            if is_main_process():
                mark_newest(Path(runner.work_dir), runner.logger)
            barrier()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Store the global batch size, the steps per epoch and the sampler's seed."""
        seed = getattr(runner.train_dataloader.sampler, "seed", None)
        checkpoint[STATE] = steps_and_batch(runner) | ({} if seed is None else {"seed": seed})

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep the stored values; ``before_train`` uses them if the run is resumed."""
        self._saved = checkpoint.get(STATE, {})

    def before_train(self, runner: Runner) -> None:
        """Take the sampler's seed from the checkpoint, and check the steps."""
        sampler = runner.train_dataloader.sampler
        self._resumed = runner.iter > 0 and isinstance(sampler, KeyedSampler)
        if not self._resumed:
            return
        sampler.seed = self._saved.get("seed", shared_seed(runner.seed))
        self._check_steps(runner)

    def _check_steps(self, runner: Runner) -> None:
        now = steps_and_batch(runner)
        saved = {name: self._saved.get(name, number) for name, number in now.items()}
        if saved != now:
            message = (f"the checkpoint was trained with {_in_words(saved)}, and this run has {_in_words(now)}: batch "
                       "size times ranks must stay the same")
            if runner.iter % saved["steps"]:
                raise ValueError(f"{message} in the middle of an epoch")
            runner.logger.warning(f"{message} for an exact resume")

    def before_train_epoch(self, runner: Runner) -> None:
        """Skip the finished batches of the first epoch."""
        if not self._resumed:
            return
        self._resumed = False
        steps = self._saved.get("steps", len(runner.train_dataloader))
        if isinstance(runner.train_loop, IterBasedTrainLoop):
            skip_to(runner, *divmod(runner.iter, steps))
        else:
            runner.train_dataloader.sampler.start = (
                runner.iter - runner.epoch * steps) * runner.train_dataloader.batch_size


def steps_and_batch(runner: Runner) -> dict[str, int]:
    """The number of steps per epoch and the global batch size."""
    loader = runner.train_dataloader
    return {"steps": len(loader), "batch": loader.batch_size * get_world_size()}


def _in_words(numbers: dict[str, int]) -> str:
    return f"a global batch size of {numbers['batch']} and {numbers['steps']} steps per epoch"


def skip_to(runner: Runner, epoch: int, step: int) -> None:
    """Let an ``IterBasedTrainLoop`` skip finished batches without reading them."""
    loader, loop = runner.train_dataloader, runner.train_loop
    loader.sampler.set_epoch(epoch)
    loader.sampler.start = step * loader.batch_size
    loop.dataloader_iterator = _SkippingIterator(type(loop.dataloader_iterator)(loader), epoch, runner.iter)


class _SkippingIterator:
    """Returns None for the first ``steps`` batches.

    MMEngine's ``IterBasedTrainLoop`` drops these when it resumes.
    """

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
        work_dir: work dir of the run. Checkpoints are searched here, and where ``last_checkpoint`` points to only if
            the named file is there and not here (``CheckpointHook(out_dir=...)``): the work dir may be a copy.
        logger: logs a warning for each damaged checkpoint.

    Raises:
        ValueError: If all checkpoints are damaged, or if ``last_checkpoint`` names one and none is left.
    """
    last = work_dir / "last_checkpoint"
    named = last.read_text().strip() if last.exists() else ""
    if "://" in named:  # not on a file system
        return
    folder = _folder(work_dir, Path(named)) if named else work_dir
    copied = bool(named) and Path(named).parent.resolve() != folder.resolve()
    found = sorted((path for pattern in PATTERNS for path in folder.glob(pattern)), reverse=True,
                   key=lambda path: (copied and path.name == Path(named).name, path.stat().st_mtime_ns))
    for path in found:
        if is_undamaged(path):
            if copied:
                path.touch()  # the times of copies mean nothing, and the next resume goes by them
            write_text(last, str(path))
            return
        logger.warning(f"checkpoint {path} is damaged; trying the one before")
    if found:
        raise ValueError(f"nothing to resume from: all checkpoints in {folder} are damaged: "
                         f"{', '.join(path.name for path in found)}; remove them to train from scratch")
    if named:
        raise ValueError(f"nothing to resume from: {last} names {named}, which does not exist, and {work_dir} has no "
                         f"checkpoint; remove {last.name} to train from scratch")


def _folder(work_dir: Path, named: Path) -> Path:
    return named.parent if named.exists() and not (work_dir / named.name).exists() else work_dir


def is_undamaged(path: Path) -> bool:
    """Whether a checkpoint file is whole with correct checksums, without loading it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError):
        return False
