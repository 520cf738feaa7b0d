"""Seeds the randomness of each training step."""
import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...pairs.keyed_random import keyed_generator
from ..models.two_views import AugmentsViews
from .runner_utils import data_preprocessor, shared_seed


@HOOKS.register_module()
class StepSeedHook(Hook):
    """Seeds the randomness of each step, so that a resumed run repeats it exactly.

    The seed depends on the run's seed and the step. It covers two things:

    - the augmentation of :class:`ClipPairDataPreprocessor`, which does not depend on the number of ranks;
    - what the model samples from the global generators of ``random``, NumPy and torch, such as dropout. Their seeds
      differ between ranks.

    Example (config):
        ``dict(type='StepSeedHook')`` in ``default_hooks``, as ``step_seed``
    """

    def before_train(self, runner: Runner) -> None:
        """Look up the data preprocessor and the seed."""
        self._preprocessor = data_preprocessor(runner.model)
        self._seed = shared_seed(runner.seed)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed this step."""
        # Another tag than this would change the random numbers of every run.
        seeds = keyed_generator("KeyedDrawsHook", self._seed, runner.iter, get_rank()).integers(2**32, size=3)
        random.seed(int(seeds[0]))
        np.random.seed(seeds[1])
        torch.manual_seed(int(seeds[2]))
        if isinstance(self._preprocessor, AugmentsViews):
            self._preprocessor.key = (self._seed, runner.iter)
