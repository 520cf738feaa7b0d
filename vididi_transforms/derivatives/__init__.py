"""Temporal derivatives and the Taylor expansion: paper sections 3.1 and 3.2.

Reading order: ``functional`` (the formulas as pure functions), ``transforms`` (the same as modules).
May import: torch and ``checks``.
"""
from .functional import differentiate_pair, match_length, taylor_expand, temporal_difference
from .transforms import TemporalDifference

__all__ = ["TemporalDifference", "differentiate_pair", "match_length", "taylor_expand", "temporal_difference"]
