"""Self-supervised objectives on two batches of embeddings ``[B, D]``; row i of both belongs to video i.

Reading order: ``projector`` (the MLP in front), ``embeddings`` (what all objectives require), ``vicreg``, ``simclr``,
``byol`` (one file per objective: paper appendix A), ``gather`` (the batch of all processes).
May import: torch only.
"""
from .byol import byol_loss
from .gather import gather_batch
from .projector import build_projector
from .simclr import info_nce_loss
from .vicreg import covariance_loss, invariance_loss, variance_loss, vicreg_loss

__all__ = [
    "build_projector",
    "byol_loss",
    "covariance_loss",
    "gather_batch",
    "info_nce_loss",
    "invariance_loss",
    "variance_loss",
    "vicreg_loss",
]
