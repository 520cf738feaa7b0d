"""Temporal derivatives of clips and the Taylor expansion: paper sections 3.1 and 3.2.

Reading order: ``functional`` (one pure function per formula), ``transforms`` (the same as modules).
May import: torch only.
"""
from .functional import differentiate_pair, match_length, taylor_expand, temporal_difference
from .transforms import TemporalDifference

__all__ = ["TemporalDifference", "differentiate_pair", "match_length", "taylor_expand", "temporal_difference"]
