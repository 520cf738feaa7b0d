"""The paper's augmentation and the derivatives, in one pass: paper appendix B.1.

Reading order: ``params`` (the sampled parameters), ``resample`` (crop, resize, flip), ``kernels/`` (everything after
the crop, on each device), ``clip_augment`` (the module that samples the parameters and runs the pass).
May import: ``derivatives``, ``pairs`` and ``checks``.
"""
from .clip_augment import ClipAugment
from .kernels import augment_and_differentiate
from .params import AugmentParams

__all__ = ["AugmentParams", "ClipAugment", "augment_and_differentiate"]
