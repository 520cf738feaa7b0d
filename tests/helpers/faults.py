"""Faults for configs: a process dies, a step is not finite; a dataset notes its reads."""
import math
import os
import signal
import time
from pathlib import Path

import torch
from mmaction.registry import DATASETS, HOOKS
from mmengine.dist import get_rank
from mmengine.fileio import LocalBackend
from mmengine.hooks import Hook

from vididi_transforms.mmaction2.engine.runner_utils import unwrap


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


@HOOKS.register_module()
class NonFiniteHook(Hook):
    """Puts NaN, infinity or huge values into a stage of training steps; in the second video if the stage has videos."""

    def __init__(self, step, stage, rank=0, until=None):
        self.step, self.stage, self.rank, self.until = step, stage, rank, until or step + 1

    def before_train(self, runner):
        self.first = runner.iter == 0  # not resumed

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.handles = []
        if self.step <= runner.iter < self.until and self.first and get_rank() == self.rank:
            model = unwrap(runner.model)
            handle = getattr(self, f"_{self.stage}")(model, runner.optim_wrapper.optimizer)
            self.handles = [handle] if handle else []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        for handle in self.handles:
            handle.remove()

    def _input(self, model, optimizer):
        def spoil(preprocessor, args, output):
            views = list(output["inputs"])
            return {**output, "inputs": [with_nan(views[0]), *views[1:]]}
        return model.data_preprocessor.register_forward_hook(spoil)

    def _features(self, model, optimizer):
        return model.backbone.register_forward_hook(lambda backbone, args, output: with_nan(output), prepend=True)

    def _loss(self, model, optimizer):
        return model.register_forward_hook(lambda model, args, output: {
            name: loss - math.inf if torch.is_tensor(loss) else [term - math.inf for term in loss]
            for name, loss in output.items()}, prepend=True)

    def _gradient(self, model, optimizer):
        return next(model.backbone.parameters()).register_hook(lambda gradient: gradient * math.inf)

    def _huge(self, model, optimizer):
        """Finite gradients whose squares are not."""
        return next(model.backbone.parameters()).register_hook(lambda gradient: torch.full_like(gradient, 1e30))

    def _weights(self, model, optimizer):
        """The step itself makes the weights infinite."""
        optimizer.param_groups[0]["lr"] = math.inf


def with_nan(batch):
    second = (torch.arange(len(batch)) == 1).view(-1, *[1] * (batch.ndim - 1))
    return batch.masked_fill(second.to(batch.device), math.nan)
