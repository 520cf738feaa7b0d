"""Leaving a machine that asks for it, with a checkpoint of the step at hand."""
import os
import signal
import threading
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...data.files import write_text

NAME = "preempted.pth"
LISTENING: set[signal.Signals] = set()  # of this process, or of the one that it was forked from


@HOOKS.register_module()
class PreemptionHook(Hook):
    """At a signal the step is finished, a checkpoint is saved, and training exits with 128 + the signal's number.

    ``--resume`` goes on from it; :class:`ExactResumeHook` makes that exact. The first process saves and exits, and the
    launcher stops the others, which ignore the signal. A validation is left at once.

    A cluster may signal every process of a job: those that this one forks, which read, go on. They end when it says so.

    Args:
        signals: names, such as ``scancel --signal`` takes them.

    Raises:
        ValueError: there is no such signal.
        SystemExit: the signal came.

    Example (config):
        ``dict(type='PreemptionHook')`` in ``default_hooks``, as ``preemption``
    """

    priority = "LOWEST"  # when all other hooks are done with the step

    def __init__(self, signals: tuple[str, ...] = ("SIGUSR1", "SIGTERM")) -> None:
        unknown = [name for name in signals if name not in signal.Signals.__members__]
        if unknown:
            raise ValueError(f"signals must be names such as SIGUSR1: got {', '.join(unknown)}")
        self.signals = [signal.Signals[name] for name in signals]
        self._received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def before_train(self, runner: Runner) -> None:
        """Listen."""
        self._received = None
        LISTENING.update(self.signals)
        self._before = {number: signal.signal(number, self._note) for number in self.signals}

    def after_train(self, runner: Runner) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        LISTENING.difference_update(self.signals)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Save and leave, if asked to."""
        self._leave(runner, runner.iter + 1)

    def after_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """The same."""
        self._leave(runner, runner.iter)

    def _leave(self, runner: Runner, steps: int) -> None:
        if self._received is None or not is_main_process():
            return
        runner.save_checkpoint(runner.work_dir, f"{NAME}.part", by_epoch=False,
                               meta=dict(epoch=runner.epoch, iter=steps))
        path = Path(runner.work_dir, NAME)
        os.replace(f"{path}.part", path)
        write_text(path.with_name("last_checkpoint"), str(path))
        runner.logger.info(f"{signal.Signals(self._received).name}: saved {path} after step {steps}; --resume goes on "
                           "from it")
        self.after_train(runner)
        raise SystemExit(128 + self._received)

    def _note(self, number: int, frame: Any) -> None:
        self._received = number


class _Forks(threading.local):
    """Signals where a process forks, in a process that listens.

    Python forgets a signal that comes meanwhile; a pool that stops a new process so would wait for ever.
    """

    mask: Any = None

    def before(self) -> None:
        """What comes now waits."""
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, LISTENING) if LISTENING else None

    def in_parent(self) -> None:
        """It comes."""
        if self.mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)

    def in_child(self) -> None:
        """It is for a thread, which can tell who has sent it."""
        if self.mask is not None:
            for number in LISTENING:
                signal.signal(number, signal.SIG_DFL)
            threading.Thread(target=_end_when_told, args=(set(LISTENING), os.getppid()), daemon=True).start()


def _end_when_told(signals: set[signal.Signals], parent: int) -> None:
    while True:
        received = signal.sigwaitinfo(signals)
        if received.si_pid == parent and received.si_signo == signal.SIGTERM:
            break
    if torch.utils.data.get_worker_info() is not None:
        os._exit(0)  # else the DataLoader that has stopped it calls it an error
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    os.kill(os.getpid(), signal.SIGTERM)


if hasattr(os, "register_at_fork") and hasattr(signal, "sigwaitinfo"):  # Linux
    _forks = _Forks()
    os.register_at_fork(before=_forks.before, after_in_parent=_forks.in_parent, after_in_child=_forks.in_child)
