"""Self-supervised objectives on two batches of embeddings ``[B, D]``.

Row i of both batches belongs to video i.

Reading order: ``embeddings`` (pooling and checks), ``projector`` (the MLP in front of the objective), ``vicreg``,
``simclr``, ``byol`` (one file per objective: paper appendix A), ``gather`` (the global batch of all ranks).
May import: torch and ``checks``.
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
