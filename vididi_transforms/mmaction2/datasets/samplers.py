"""Random numbers that depend on seed, epoch, sample and view only.

They are the same for any number of data loader workers, and after a run was resumed.
"""
import random
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch
from mmaction.registry import DATA_SAMPLERS
from mmengine.dataset import DefaultSampler

from ...pairs.keyed_random import keyed_generator


class KeyedIndex(int):
    """An index into a dataset that carries the seed and the epoch.

    Transforms find it in ``results['sample_idx']``. Wrappers such as ``ConcatDataset`` and ``RepeatDataset`` compute
    new indices with ``-`` and ``%``; these keep seed, epoch and ``sample``, the original index.
    """

    seed: int
    epoch: int
    sample: int

    def __new__(cls, value: int, seed: int, epoch: int, sample: int | None = None) -> "KeyedIndex":
        """Create an index; ``sample`` is ``value`` by default."""
        index = super().__new__(cls, value)
        index.seed, index.epoch, index.sample = seed, epoch, int(value) if sample is None else sample
        return index

    def __getnewargs__(self) -> tuple[int, int, int, int]:  # type: ignore[override]
        return int(self), self.seed, self.epoch, self.sample

    def __sub__(self, other: int) -> "KeyedIndex":
        return KeyedIndex(int(self) - other, self.seed, self.epoch, self.sample)

    def __mod__(self, other: int) -> "KeyedIndex":
        return KeyedIndex(int(self) % other, self.seed, self.epoch, self.sample)


@DATA_SAMPLERS.register_module()
class KeyedSampler(DefaultSampler):
    """MMEngine's ``DefaultSampler`` with reproducible random numbers per sample.

    :class:`SampleClipPair` and :class:`PerClip` then seed their random numbers from seed, epoch, sample and view. With
    any other sampler they use the worker's global generators, as stock transforms do.

    ``start`` is the number of samples to skip in the current epoch, on this rank: :class:`ExactResumeHook` sets it, so
    that a resumed run does not read them again.

    Args:
        dataset, shuffle, seed: see ``DefaultSampler``.
        round_up: whether to pad by repeating samples, so that all ranks get the same number. False: drop the remainder;
            with ``drop_last`` an epoch then has the same number of steps for any number of ranks.

    Example (config):
        ``dict(type='KeyedSampler', shuffle=True)``
    """

    start: int = 0

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None, round_up: bool = True) -> None:
        super().__init__(dataset, shuffle, seed, round_up)
        if not round_up:
            self.num_samples = len(dataset) // self.world_size
            self.total_size = self.num_samples * self.world_size

    def set_epoch(self, epoch: int) -> None:
        """Start an epoch."""
        super().set_epoch(epoch)
        self.start = 0

    def __iter__(self) -> Iterator[KeyedIndex]:
        return (KeyedIndex(index, self.seed, self.epoch) for index in islice(super().__iter__(), self.start, None))


@contextmanager
def seed_by_sample(results: dict[str, Any], purpose: str, view: int = 0) -> Iterator[None]:
    """Context that seeds ``random``, NumPy and PyTorch from the sample.

    Their states are restored afterwards. Without a :class:`KeyedIndex` nothing is seeded.

    Args:
        results: dict of the pipeline; ``results['sample_idx']`` is a :class:`KeyedIndex` if a :class:`KeyedSampler` is
            used.
        purpose: a name for each use; different names give independent random numbers.
        view: number of the clip.

    Example:
        >>> results = dict(sample_idx=KeyedIndex(7, seed=0, epoch=2))
        >>> with seed_by_sample(results, 'demo'):
        ...     a = np.random.rand()
        >>> with seed_by_sample(results, 'demo'):
        ...     print(a == np.random.rand())
        True
    """
    index = results.get("sample_idx")
    if not isinstance(index, KeyedIndex):
        yield
        return
    seeds = keyed_generator(purpose, index.seed, index.epoch, index.sample, view).integers(2**32, size=3)
    with seeded(*map(int, seeds)):
        yield


@contextmanager
def seeded(python: int, numpy: int, pytorch: int) -> Iterator[None]:
    """Context that seeds ``random``, NumPy and PyTorch (on the CPU) and restores their states afterwards.

    Example:
        >>> before = random.getstate()
        >>> with seeded(0, 0, 0):
        ...     _ = random.random()
        >>> random.getstate() == before
        True
    """
    states = random.getstate(), np.random.get_state(), torch.default_generator.get_state()
    random.seed(python)
    np.random.seed(numpy)
    torch.default_generator.manual_seed(pytorch)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.default_generator.set_state(states[2])
