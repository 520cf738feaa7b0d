"""Draws that depend on (seed, epoch, sample, view) only: not on workers, their number, or where a run was resumed."""
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
    """An index into a data set that knows its seed and epoch.

    It travels from the sampler through the worker's queue into ``results['sample_idx']``, where the transforms find
    it. Wrappers such as ``ConcatDataset`` and ``RepeatDataset`` compute with the index: what they get keeps the key
    of the original index, ``sample``.
    """

    seed: int
    epoch: int
    sample: int

    def __new__(cls, value: int, seed: int, epoch: int, sample: int | None = None) -> "KeyedIndex":
        """``sample`` is ``value`` unless a wrapper has computed with the index."""
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
    """mmengine's ``DefaultSampler``, whose indices carry the key of their sample's random draws.

    With it, :class:`SampleClipPair` and :class:`PerClip` draw by (seed, epoch, sample, view). With any other sampler
    they draw from the worker's global generators, as stock transforms do. ``start`` is this process's number of samples
    of the current epoch that were trained on before a resume: :class:`ExactResumeHook` sets it, and they are not read.

    Args:
        dataset, shuffle, seed: as in the base class.
        round_up: True: the first samples come again until all processes have as many. False: what does not go round is
            left out; with ``drop_last`` an epoch then has the same steps for any number of processes.

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
        """Go to the start of an epoch."""
        super().set_epoch(epoch)
        self.start = 0

    def __iter__(self) -> Iterator[KeyedIndex]:
        return (KeyedIndex(index, self.seed, self.epoch) for index in islice(super().__iter__(), self.start, None))


@contextmanager
def seed_by_sample(results: dict[str, Any], purpose: str, view: int = 0) -> Iterator[None]:
    """Within the block, the global generators of ``random``, numpy and torch are seeded by the sample's key.

    Stock transforms draw from them; their states are restored afterwards. Nothing happens if the sample has no key.

    Args:
        results: a pipeline's dict; ``results['sample_idx']`` is a :class:`KeyedIndex` if the sampler is keyed.
        purpose: makes the draws of different transforms independent.
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
    states = random.getstate(), np.random.get_state(), torch.default_generator.get_state()
    seeds = keyed_generator(purpose, index.seed, index.epoch, index.sample, view).integers(2**32, size=3)
    random.seed(int(seeds[0]))
    np.random.seed(seeds[1])
    torch.default_generator.manual_seed(int(seeds[2]))
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.default_generator.set_state(states[2])
