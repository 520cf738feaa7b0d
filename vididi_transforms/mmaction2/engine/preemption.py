"""Saves a checkpoint of the current step and exits when the cluster asks for it."""
import os
import signal
import threading
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...data.files import complete, write_text

PREEMPTED = "preempted.pth"  # the checkpoint's name
LISTENING: set[signal.Signals] = set()  # signals that this process, or the one it was forked from, handles


@HOOKS.register_module()
class PreemptionHook(Hook):
    """At a signal, finishes the optimizer step, saves a checkpoint and exits.

    The exit code is 128 + the signal's number. ``--resume`` continues from the checkpoint; with
    :class:`ExactResumeHook` the resumed run equals an uninterrupted one. A validation is not finished first.

    A cluster may signal every process of a job. Rank 0 saves and exits; the other ranks ignore the signal, and the
    launcher stops them. Data loader workers ignore the signal and exit when their parent process stops them.

    Args:
        signals: names of signals, as in ``scancel --signal``.

    Raises:
        ValueError: If there is no such signal.
        SystemExit: In training, after a signal.

    Example (config):
        ``dict(type='PreemptionHook')`` in ``default_hooks``, as ``preemption``
    """

    priority = "LOWEST"  # after all other hooks of the step

    def __init__(self, signals: tuple[str, ...] = ("SIGUSR1", "SIGTERM")) -> None:
        unknown = [name for name in signals if name not in signal.Signals.__members__]
        if unknown:
            raise ValueError(f"signals must be names such as SIGUSR1: got {', '.join(unknown)}")
        self.signals = [signal.Signals[name] for name in signals]
        self._received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def before_train(self, runner: Runner) -> None:
        """Install the signal handlers."""
        self._received = None
        LISTENING.update(self.signals)
        self._before = {number: signal.signal(number, self._note) for number in self.signals}

    def after_train(self, runner: Runner) -> None:
        """Restore the former signal handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        LISTENING.difference_update(self.signals)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Save and exit if a signal came, but not where gradients are only accumulated: they would be lost."""
        optimizer = runner.optim_wrapper
        if isinstance(optimizer, OptimWrapperDict) or optimizer.should_update():
            self._exit_if_asked(runner, runner.iter + 1)

    def after_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Save and exit if a signal came."""
        self._exit_if_asked(runner, runner.iter)

    def _exit_if_asked(self, runner: Runner, steps: int) -> None:
        if self._received is None or not is_main_process():
            return
        path = Path(runner.work_dir, PREEMPTED)
        with complete(path) as part:
            runner.save_checkpoint(str(part.parent), part.name, by_epoch=False,
                                   meta=dict(epoch=runner.epoch, iter=steps))
        write_text(path.with_name("last_checkpoint"), str(path))
        runner.logger.info(f"{signal.Signals(self._received).name}: saved {path} after step {steps}; --resume "
                           "continues from it")
        self.after_train(runner)
        raise SystemExit(128 + self._received)

    def _note(self, number: int, frame: Any) -> None:
        self._received = number


class _ForkSignals(threading.local):
    """Keeps the signals that arrive while a process with these handlers forks.

    In the child, a thread takes them from then on: it exits at a SIGTERM of the parent and ignores all others. Without
    this, Python loses a signal that arrives in the child during the fork, and a process pool that stops a new worker
    by a signal would wait for ever.
    """

    mask: Any = None

    def before(self) -> None:
        """Block the signals."""
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, LISTENING) if LISTENING else None

    def in_parent(self) -> None:
        """Unblock them."""
        if self.mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, self.mask)

    def in_child(self) -> None:
        """Keep them blocked; a thread takes them, and sees which process sent them."""
        if self.mask is not None:
            for number in LISTENING:
                signal.signal(number, signal.SIG_DFL)
            threading.Thread(target=_exit_with_parent, args=(set(LISTENING), os.getppid()), daemon=True).start()


def _exit_with_parent(signals: set[signal.Signals], parent: int) -> None:
    """Wait for a SIGTERM of the parent process, then exit; ignore all other signals."""
    while True:
        received = signal.sigwaitinfo(signals)
        if received.si_pid == parent and received.si_signo == signal.SIGTERM:
            break
    if torch.utils.data.get_worker_info() is not None:
        os._exit(0)  # the DataLoader would report any other exit code as an error
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    os.kill(os.getpid(), signal.SIGTERM)


if hasattr(os, "register_at_fork") and hasattr(signal, "sigwaitinfo"):  # Linux
    _forks = _ForkSignals()
    os.register_at_fork(before=_forks.before, after_in_parent=_forks.in_parent, after_in_child=_forks.in_child)
