"""Chooses the derivative orders of the two views: paper Algorithm 1 and Table 6.

Reading order: ``schedules`` (Table 6 as data), ``keyed_random`` (reproducible random numbers), ``pair_selector`` (from
seed, epoch and step to the two orders).
May import: ``derivatives`` and ``checks``.
"""
from .pair_selector import PairSelector
from .schedules import SCHEDULES, Schedule

__all__ = ["SCHEDULES", "PairSelector", "Schedule"]
