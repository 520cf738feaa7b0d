"""Hooks that the recipes have in ``default_hooks``: the draws of each step, the target of BYOL."""
import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import nn

from ..keyed_random import keyed_generator


@HOOKS.register_module()
class KeyedDrawsHook(Hook):
    """Keys what a step draws by (the run's seed, step): a resumed run goes on with the same draws.

    That is the augmentation of :class:`ClipPairDataPreprocessor`, the same for any number of processes, and, in each
    process for itself, what the model draws from the global generators of ``random``, numpy and torch (dropout).

    Example (config):
        ``dict(type='KeyedDrawsHook')`` in ``default_hooks``, as ``keyed_draws``
    """

    def before_train(self, runner: Runner) -> None:
        """Find the preprocessor and the seed."""
        self._preprocessor: Any = getattr(unwrap(runner.model), "data_preprocessor", None)
        self._seed = shared_seed(runner.seed)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Set the key of this step."""
        seeds = keyed_generator("KeyedDrawsHook", self._seed, runner.iter, get_rank()).integers(2**32, size=3)
        random.seed(int(seeds[0]))
        np.random.seed(seeds[1])
        torch.manual_seed(int(seeds[2]))
        if hasattr(self._preprocessor, "key"):
            self._preprocessor.key = (self._seed, runner.iter)


@HOOKS.register_module()
class BYOLTargetHook(Hook):
    """Lets the target of :class:`BYOLRecognizer` follow after each step of the optimiser.

    A new run starts with the target as a copy of the online network, whatever was loaded.

    Raises:
        TypeError: the model has no target.

    Example (config):
        ``dict(type='BYOLTargetHook')`` in ``default_hooks``, as ``target``

    Source: paper appendix B.3.
    """

    def before_train(self, runner: Runner) -> None:
        """Let the model know that its target will follow."""
        model = unwrap(runner.model)
        if not hasattr(model, "update_target"):
            raise TypeError(f"BYOLTargetHook needs a BYOLRecognizer: got {type(model).__name__}")
        model.target_follows = True
        if runner.iter == 0:
            model.reset_target()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Step k of K is over; a batch whose gradient is only accumulated is none."""
        if runner.optim_wrapper.should_update():
            unwrap(runner.model).update_target(runner.iter / runner.max_iters)


def shared_seed(seed: int) -> int:
    """The first process's seed: with ``diff_rank_seed`` every process has its own."""
    seeds = [seed]
    broadcast_object_list(seeds)
    return seeds[0]


def unwrap(model: nn.Module) -> Any:
    """The model in its distributed wrapper, if it has one."""
    return model.module if is_model_wrapper(model) else model


def data_preprocessor(model: nn.Module) -> nn.Module:
    """The model's data preprocessor.

    Raises:
        TypeError: it has none.
    """
    unwrapped = unwrap(model)
    preprocessor = getattr(unwrapped, "data_preprocessor", None)
    if not isinstance(preprocessor, nn.Module):
        raise TypeError(f"ViDiDiHook needs a model with a data preprocessor: {type(unwrapped).__name__} has none")
    return preprocessor
