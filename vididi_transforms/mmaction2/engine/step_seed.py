"""Seeds all randomness of a training step from (seed, step)."""
import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...pairs.keyed_random import keyed_generator
from .runner_utils import shared_seed, unwrap


@HOOKS.register_module()
class StepSeedHook(Hook):
    """Keys what a step draws by (the run's seed, step): a resumed run goes on with the same draws.

    That is the augmentation of :class:`ClipPairDataPreprocessor`, the same for any number of processes, and, in each
    process for itself, what the model draws from the global generators of ``random``, numpy and torch (dropout).

    Example (config):
        ``dict(type='StepSeedHook')`` in ``default_hooks``, as ``seed_by_sample``
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
