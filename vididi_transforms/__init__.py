"""ViDiDi (Chen et al. 2024): video time-differentiation for instance discrimination, on top of PyTorch.

The flow of the data is the order of the files::

    two clips of a video -> augmentation -> derivatives of the chosen orders -> encoder -> projector -> objective
                            augment         functional, transforms              yours      projector    objectives
                            resample        pair_selector (schedules, keyed_random)
                            kernels: both of them in one pass

    import vididi_transforms as vt
    selector = vt.PairSelector('vididi', seed=0)
    x, x2 = vt.differentiate_pair(v, v2, *selector.orders(epoch, step))      # v, v2: [B, C, T, H, W]

``retrieval`` measures what was learned; ``motion_videos`` writes a data set to try it on; ``mmaction2`` plugs
everything into MMAction2. This package imports torch and numpy only.
"""
from .augment import ClipAugment
from .augment_params import AugmentParams
from .functional import differentiate_pair, match_length, taylor_expand, temporal_difference
from .gather import gather_batch
from .kernels import augment_and_differentiate
from .objectives import byol, covariance, info_nce, invariance, variance, vicreg
from .pair_selector import PairSelector
from .projector import projector
from .retrieval import nearest, recall_at_k
from .schedules import SCHEDULES, Schedule
from .transforms import TemporalDifference

__version__ = "0.1.0"
__all__ = [
    "SCHEDULES",
    "AugmentParams",
    "ClipAugment",
    "PairSelector",
    "Schedule",
    "TemporalDifference",
    "augment_and_differentiate",
    "byol",
    "covariance",
    "differentiate_pair",
    "gather_batch",
    "info_nce",
    "invariance",
    "match_length",
    "nearest",
    "projector",
    "recall_at_k",
    "taylor_expand",
    "temporal_difference",
    "variance",
    "vicreg",
]
