"""Which derivative orders the two views of a batch have: paper Algorithm 1 and Table 6.

Reading order: ``schedules`` (Table 6 as data), ``keyed_random`` (random numbers from a key), ``pair_selector``
((seed, epoch, step) to the two orders).
May import: ``derivatives``.
"""
from .pair_selector import PairSelector
from .schedules import SCHEDULES, Schedule

__all__ = ["SCHEDULES", "PairSelector", "Schedule"]
