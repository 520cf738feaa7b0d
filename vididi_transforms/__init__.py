"""ViDiDi (Chen et al. 2024): temporal derivatives for self-supervised video learning, on top of PyTorch.

The folders follow the data::

    two clips of a video -> augmentation -> derivatives of the chosen orders -> encoder -> projector -> objective
                            augment/        derivatives/, pairs/                yours      objectives/

    import vididi_transforms as vt
    selector = vt.PairSelector('vididi', seed=0)
    x, x2 = vt.differentiate_pair(v, v2, *selector.orders(epoch, step))      # v, v2: [B, C, T, H, W]

``data/`` reads, checks and generates videos, ``evaluation/`` measures features, ``analysis/`` draws what a person looks
at, and ``mmaction2/`` plugs everything into MMAction2. The names below need torch and numpy only; each is imported when
it is first used.
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
    # Importing torch takes seconds, which `vididi --help` should not.
    if name in __all__:
        for room in _ROOMS:
            module = import_module(f".{room}", __name__)
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
