"""Repairs of the released OpenMMLab stack, so that ``pip install`` alone gives a working system on a current torch.

Reading order: ``repairs`` (modules that are missing), ``torchvision_ops`` (RoIAlign and NMS for mmcv-lite),
``new_transformers``, ``launchers`` (distributed training on CPUs), ``safe_loading`` and ``safe_unpickling``
(checkpoints are read as data). Each repair does nothing where nothing is broken.
May import: nothing else of this package.
"""
from .repairs import install

__all__ = ["install"]
