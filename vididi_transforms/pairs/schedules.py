"""The pair schedules of the paper (Algorithm 1, Table 6) as data."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..derivatives.functional import check_order

Order = int | tuple[int, ...]  # one derivative order, or several to choose from at random


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


@dataclass(frozen=True)
class Schedule:
    """Derivative orders of the two views, by epoch.

    Args:
        cycle: pairs of orders (view 1, view 2), one per epoch; after the last pair the cycle starts again. Instead of
            an order, a tuple of orders chooses one of them at random for each batch.
        p_extra: probability, per batch, that both orders are raised by one.

    Raises:
        TypeError: If an order is not an int.
        ValueError: If an order is negative, ``cycle`` is not a list of pairs or is empty, or ``p_extra`` is not in
            [0, 1].

    Example:
        >>> Schedule(cycle=((2, 2), (0, 0)), p_extra=0.5).max_order
        3

    Source: paper Algorithm 1 and section 5.
    """

    cycle: Sequence[tuple[Order, Order]]
    p_extra: float = 0.0

    def __post_init__(self) -> None:
        if not _is_list(self.cycle) or not self.cycle or not all(_is_list(p) and len(p) == 2 for p in self.cycle):
            raise ValueError(f"cycle must hold at least one pair of orders: got {self.cycle!r}")
        if not isinstance(self.p_extra, (int, float)) or not 0 <= self.p_extra <= 1:
            raise ValueError(f"p_extra must be a probability in [0, 1]: got {self.p_extra!r}")
        cycle = tuple(tuple(tuple(o) if isinstance(o, list) else o for o in pair) for pair in self.cycle)
        object.__setattr__(self, "cycle", cycle)  # configs hold lists
        if any(order == () for pair in cycle for order in pair):
            raise ValueError(f"orders to choose from must not be empty: got {self.cycle!r}")
        for order in self._orders():
            check_order(order)

    @property
    def max_order(self) -> int:
        """Highest derivative order that the schedule can choose."""
        return max(self._orders()) + (self.p_extra > 0)

    def _orders(self) -> list[int]:
        return [o for pair in self.cycle for order in pair for o in (order if isinstance(order, tuple) else (order,))]


SCHEDULES: dict[str, Schedule] = {
    "base":                 Schedule(cycle=((0, 0),)),
    "random-1st":           Schedule(cycle=(((0, 1), (0, 1)),)),
    "random-1st-2nd":       Schedule(cycle=(((0, 1, 2), (0, 1, 2)),)),
    "reverse":              Schedule(cycle=((0, 0), (0, 1), (1, 0), (1, 1)), p_extra=0.5),
    "schedule-1st":         Schedule(cycle=((1, 1), (0, 0))),
    "schedule-1st-mix":     Schedule(cycle=((1, 1), (1, 0), (0, 0))),
    "schedule-1st-2nd":     Schedule(cycle=((1, 1), (0, 0)), p_extra=0.5),
    "schedule-1st-2nd-mix": Schedule(cycle=((1, 1), (1, 0), (0, 0)), p_extra=0.5),
    "vididi":               Schedule(cycle=((1, 1), (1, 0), (0, 1), (0, 0)), p_extra=0.5),
}  # fmt: skip
"""The nine rows of Table 6; ``vididi`` is Algorithm 1 (``epoch/4 = k`` read as ``epoch mod 4 = k``)."""


def get_schedule(schedule: "str | Schedule | dict[str, Any]") -> Schedule:
    """A :class:`Schedule` from its name in :data:`SCHEDULES` or a dict of arguments.

    Raises:
        ValueError: If the name is unknown, or ``schedule`` is not a name, a dict or a :class:`Schedule`.

    Example:
        >>> get_schedule("schedule-1st").cycle
        ((1, 1), (0, 0))
    """
    if isinstance(schedule, Schedule):
        return schedule
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}: got {schedule!r}")
        return SCHEDULES[schedule]
    if not isinstance(schedule, dict) or not {"cycle"} <= set(schedule) <= {"cycle", "p_extra"}:
        raise ValueError(f"schedule must be a name, a Schedule, or a dict with 'cycle' and 'p_extra': got {schedule!r}")
    return Schedule(**schedule)

