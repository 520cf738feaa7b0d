"""``vididi demo``: pretrains with and without ViDiDi on generated videos.

Reading order: ``runs`` (trainings and tests by MMAction2's own tools), ``results`` (table and figure), ``command``.
May import: ``tools``; the whole core.
"""
from .results import table
from .runs import CONFIG, METHODS, config, run_mim, untrained_checkpoint

__all__ = ["CONFIG", "METHODS", "config", "run_mim", "table", "untrained_checkpoint"]
