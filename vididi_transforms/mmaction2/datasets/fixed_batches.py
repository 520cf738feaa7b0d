"""Batches of training videos that are the same in each pass and for any number of processes."""
from typing import Any

import torch
from mmengine.dist import get_rank, get_world_size
from torch.utils.data import DataLoader

from ...pairs.keyed_random import keyed_generator
from .samplers import KeyedIndex


def fixed_batches(loader: DataLoader[Any], videos: int) -> tuple[DataLoader[Any], int]:
    """A data loader of a fixed random choice of videos, with the same clips in each pass.

    Reading from it leaves the given loader and its workers as they are. An incomplete batch is dropped. Process r of R
    reads the batches r, r + R, and so on.

    Args:
        loader: the data loader of a training.
        videos: the number of videos to choose; all if there are fewer.

    Returns:
        The data loader of this process, and the number of videos of all processes together.
    """
    order = keyed_generator("fixed_batches", 0).permutation(len(loader.dataset))[:videos]  # type: ignore[arg-type]
    indices = [KeyedIndex(int(index), seed=0, epoch=0) for index in order]
    size = min(loader.batch_size or 1, len(indices))
    batches = [indices[start:start + size] for start in range(0, len(indices) - size + 1, size)]
    reader = DataLoader(loader.dataset, batch_sampler=batches[get_rank()::get_world_size()],
                        num_workers=loader.num_workers, collate_fn=loader.collate_fn, pin_memory=loader.pin_memory,
                        worker_init_fn=loader.worker_init_fn, generator=torch.Generator().manual_seed(0))
    return reader, size * len(batches)
