"""Repairs of the released OpenMMLab stack, which breaks on a current torch.

Reading order: ``repairs`` (missing modules), ``torchvision_ops`` (RoIAlign and NMS for mmcv-lite),
``new_transformers`` (language models that new releases of transformers break), ``launchers`` (distributed training on
CPUs), ``batches`` (data loaders without a batch), ``bfloat16`` (classification heads), ``safe_loading`` and
``safe_unpickling`` (loading a checkpoint runs no code). A repair does nothing if nothing is broken.
May import: nothing else of this package.
"""
from . import bfloat16
from .repairs import install

__all__ = ["bfloat16", "install"]
