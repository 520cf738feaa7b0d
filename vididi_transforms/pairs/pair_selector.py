"""Algorithm 1: from (seed, epoch, step) to the orders of the two views."""
from dataclasses import asdict
from typing import Any

from .keyed_random import check_counts, keyed_generator
from .schedules import Order, Schedule, get_schedule


class PairSelector:
    """Chooses, for each batch, how often each of the two views is differentiated.

    One decision holds for all clips of a batch. It is a pure function of (seed, epoch, step), so that all ranks,
    a resumed run and a restarted worker agree without communication.

    Args:
        schedule: a name in :data:`~vididi_transforms.SCHEDULES`, a :class:`~vididi_transforms.Schedule`, or a dict
            of its arguments.
        seed: 0 <= seed < 2**64.

    Attributes:
        position: the (epoch, step) asked for last, or None.

    Raises:
        TypeError, ValueError: the schedule is not known, or the seed is no integer in its range.

    Example:
        >>> selector = PairSelector("schedule-1st-mix")
        >>> [selector.orders(epoch, step=0) for epoch in range(4)]
        [(1, 1), (1, 0), (0, 0), (1, 1)]

    Source: paper Algorithm 1; section 5 for the other schedules.
    """

    def __init__(self, schedule: str | Schedule | dict[str, Any] = "vididi", seed: int = 0) -> None:
        self.schedule = get_schedule(schedule)
        check_counts(seed=seed)
        self.seed = seed
        self.position: tuple[int, int] | None = None

    def orders(self, epoch: int, step: int) -> tuple[int, int]:
        """Orders of the derivatives of view 1 and view 2.

        Args:
            epoch: >= 0; chooses the pair of the cycle.
            step: >= 0, a number that no other batch of this epoch has (its index, or the training step).

        Raises:
            TypeError, ValueError: one of them is no integer >= 0.
        """
        check_counts(epoch=epoch, step=step)
        self.position = (epoch, step)
        draws = keyed_generator("pair", self.seed, epoch, step).random(3)
        extra = int(draws[0] < self.schedule.p_extra)
        order1, order2 = self.schedule.cycle[self.phase(epoch)]
        return _pick(order1, draws[1]) + extra, _pick(order2, draws[2]) + extra

    def phase(self, epoch: int) -> int:
        """Index in the schedule's cycle."""
        return epoch % len(self.schedule.cycle)

    def state_dict(self) -> dict[str, Any]:
        """Schedule, seed and position, as plain Python values."""
        return {"schedule": asdict(self.schedule), "seed": self.seed, "position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the position of ``state``.

        Raises:
            ValueError: ``state`` is of another schedule or seed, so that going on would not be the same run; or it is
                no state of a selector.
        """
        if not isinstance(state, dict) or not {"schedule", "seed", "position"} <= set(state):
            raise ValueError(f"a state must be a dict with schedule, seed and position: got {state!r}")
        for name, mine in (("schedule", self.schedule), ("seed", self.seed)):
            saved = get_schedule(state[name]) if name == "schedule" else state[name]
            if saved != mine:
                raise ValueError(f"a run goes on only with its own {name}: the state has {saved}, this selector {mine}")
        position = state["position"]
        self.position = None if position is None else tuple(position)

    def __repr__(self) -> str:
        return f"PairSelector(schedule={self.schedule}, seed={self.seed})"


def _pick(order: Order, draw: float) -> int:
    return order if isinstance(order, int) else order[int(draw * len(order))]
