"""Repeats videos of rare classes."""
from typing import Any

import mmengine.dataset
from mmaction.registry import DATASETS

from .samplers import KeyedIndex


@DATASETS.register_module()  # found before MMEngine's dataset of the same name
class ClassBalancedDataset(mmengine.dataset.ClassBalancedDataset):
    """MMEngine's ``ClassBalancedDataset`` with reproducible random numbers per sample.

    With a :class:`KeyedSampler`, each repetition of a video has its own clips and augmentations, and they are the same
    in a resumed run.

    Args:
        dataset: a dataset with ``get_cat_ids``, such as :class:`SafeDataset`, or its config.
        oversample_thr: share of the videos below which the videos of a class are repeated.
        lazy_init: whether to load the annotation list later.

    Raises:
        NotImplementedError: If the dataset has no ``get_cat_ids``.

    Example (config):
        ``dict(type='ClassBalancedDataset', oversample_thr=0.1, dataset=dict(type='SafeDataset',
        dataset='VideoDataset', ann_file='train.txt', pipeline=[], lazy_init=True))``
    """

    def __getitem__(self, index: int) -> Any:
        original = self._get_ori_dataset_idx(index)
        if isinstance(index, KeyedIndex):
            original = KeyedIndex(original, index.seed, index.epoch, index.sample)
        return self.dataset[original]
