"""Heads of :class:`TwoViewRecognizer`: one file per objective, and templates.

A new objective is a subclass of a template with the method ``objective``:

- :class:`JointEmbeddingHead`, if it compares the projections of the two views, as VICReg and SimCLR do;
- :class:`MomentumHead`, if it compares predictions with the projections of a momentum encoder, as BYOL does.

Reading order: ``templates``, ``vicreg``, ``simclr``, ``byol``; ``retrieval`` (features, no objective).
"""
from .byol import BYOLHead
from .retrieval import RetrievalHead
from .simclr import SimCLRHead
from .templates import JointEmbeddingHead, MomentumHead, TwoViewHead
from .vicreg import VICRegHead

__all__ = [
    "BYOLHead",
    "JointEmbeddingHead",
    "MomentumHead",
    "RetrievalHead",
    "SimCLRHead",
    "TwoViewHead",
    "VICRegHead",
]
