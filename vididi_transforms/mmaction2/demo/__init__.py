"""``vididi demo``: pretrains with and without ViDiDi on generated videos.

Reading order: ``processes`` (MMAction2's own tools, two at a time), ``display`` (their progress), ``runs`` (trainings
and tests), ``results`` (table), ``model_card`` (the encoder as a model), ``picture``, ``command``.
May import: ``tools``; the whole core.
"""
from .processes import Processes
from .results import table
from .runs import CONFIG, METHODS, config, retrieval, untrained_checkpoint

__all__ = ["CONFIG", "METHODS", "Processes", "config", "retrieval", "table", "untrained_checkpoint"]
