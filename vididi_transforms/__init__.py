"""ViDiDi: temporal derivatives for self-supervised video learning, on PyTorch.

Source: Chen et al. 2024. The folders are in data-flow order::

    two clips of a video -> augmentation -> derivatives of the chosen orders -> encoder -> projector -> objective
                            augment/        derivatives/, pairs/                yours      objectives/

    import vididi_transforms as vt
    selector = vt.PairSelector('vididi', seed=0)
    x, x2 = vt.differentiate_pair(v, v2, *selector.orders(epoch, step))      # v, v2: [B, C, T, H, W]

``data/`` reads, checks and generates videos, ``evaluation/`` measures features, ``analysis/`` makes pictures and
reports, and ``mmaction2/`` is the plugin for MMAction2. The names below need only torch and numpy. Each is imported on
first use.
"""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .augment import AugmentParams, ClipAugment, augment_and_differentiate
    from .derivatives import TemporalDifference, differentiate_pair, match_length, taylor_expand, temporal_difference
    from .evaluation import nearest, recall_at_k
    from .objectives import (
        build_projector,
        byol_loss,
        covariance_loss,
        gather_batch,
        info_nce_loss,
        invariance_loss,
        variance_loss,
        vicreg_loss,
    )
    from .pairs import SCHEDULES, PairSelector, Schedule

__version__ = "0.1.0"
__all__ = [
    "SCHEDULES",
    "AugmentParams",
    "ClipAugment",
    "PairSelector",
    "Schedule",
    "TemporalDifference",
    "augment_and_differentiate",
    "build_projector",
    "byol_loss",
    "covariance_loss",
    "differentiate_pair",
    "gather_batch",
    "info_nce_loss",
    "invariance_loss",
    "match_length",
    "nearest",
    "recall_at_k",
    "taylor_expand",
    "temporal_difference",
    "variance_loss",
    "vicreg_loss",
]
_ROOMS = ("derivatives", "pairs", "augment", "objectives", "evaluation")


def __getattr__(name: str) -> Any:
    # Importing torch takes seconds; `vididi --help` should not.
    if name in __all__:
        for room in _ROOMS:
            module = import_module(f".{room}", __name__)
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
