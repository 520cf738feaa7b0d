"""Faults for configs: a process dies after a step or while saving a checkpoint.

A dataset notes its reads.
"""
import os
import signal
import time
from pathlib import Path

from mmaction.registry import DATASETS, HOOKS
from mmengine.dist import get_rank
from mmengine.fileio import LocalBackend
from mmengine.hooks import Hook


@HOOKS.register_module()
class KillHook(Hook):
    """Kills a process after a step, or while it writes the checkpoint after that step."""

    priority = "NORMAL"  # before CheckpointHook

    def __init__(self, step, writing=False, number=signal.SIGKILL, rank=0):
        self.step, self.writing, self.number, self.rank = step, writing, number, rank

    def before_train(self, runner):
        self.first = runner.iter == 0  # not resumed

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 != self.step or not self.first or get_rank() != self.rank:
            return
        if self.writing:
            LocalBackend.put = die_writing
        else:
            os.kill(os.getpid(), self.number)


@HOOKS.register_module()
class SlowHook(Hook):
    """Waits after each step, so that a run can be interrupted there."""

    def __init__(self, seconds):
        self.seconds = seconds

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        time.sleep(self.seconds)


def die_writing(self, data, path):
    Path(path).write_bytes(bytes(data)[:len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


@DATASETS.register_module()
class NotedDataset:
    """Appends epoch and index of each read sample to a file."""

    def __init__(self, dataset, note):
        self.dataset, self.note = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset, note
        self.metainfo, self.full_init = self.dataset.metainfo, self.dataset.full_init

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        with open(self.note, "a") as file:
            file.write(f"{index.epoch} {int(index)}\n")
        return self.dataset[index]
