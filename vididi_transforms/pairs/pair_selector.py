"""Algorithm 1: from (seed, epoch, step) to the derivative orders of the two views."""
from dataclasses import asdict
from typing import Any

from .keyed_random import check_counts, keyed_generator
from .schedules import Order, Schedule, get_schedule


class PairSelector:
    """Chooses the derivative orders of the two views of each batch.

    All clips of a batch have the same pair of orders. It depends only on (seed, epoch, step), so all ranks and resumed
    runs agree without communication.

    Args:
        schedule: a name in :data:`~vididi_transforms.SCHEDULES`, a :class:`~vididi_transforms.Schedule`, or a dict
            of its arguments.
        seed: 0 <= seed < 2**64.

    Raises:
        TypeError: If the seed is not an int.
        ValueError: If the schedule is unknown or the seed is out of range.

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

    def orders(self, epoch: int, step: int) -> tuple[int, int]:
        """Derivative orders of view 1 and view 2.

        Args:
            epoch: number of the epoch, >= 0. It selects the pair of the cycle.
            step: number of the batch, >= 0, unique within the epoch: its index or the training step.

        Raises:
            TypeError: If one of them is not an int.
            ValueError: If one of them is not in [0, 2**64).
        """
        check_counts(epoch=epoch, step=step)
        numbers = keyed_generator("pair", self.seed, epoch, step).random(3)
        extra = int(numbers[0] < self.schedule.p_extra)
        order1, order2 = self.schedule.cycle[self.phase(epoch)]
        return _choose(order1, numbers[1]) + extra, _choose(order2, numbers[2]) + extra

    def phase(self, epoch: int) -> int:
        """Index of the epoch's pair in the schedule's cycle."""
        return epoch % len(self.schedule.cycle)

    def state_dict(self) -> dict[str, Any]:
        """Schedule and seed as plain Python values."""
        return {"schedule": asdict(self.schedule), "seed": self.seed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Check that ``state`` is of a selector with this schedule and seed.

        States of before version 0.1 load too: they hold a ``position``, which is ignored like every further key, and
        their schedules call ``p_extra`` ``extra``.

        Raises:
            ValueError: If the schedule or the seed differs, or ``state`` is not the state of a selector.
        """
        if not isinstance(state, dict) or not {"schedule", "seed"} <= set(state):
            raise ValueError(f"a state must be a dict with schedule and seed: got {state!r}")
        schedule, seed = _saved_schedule(state["schedule"]), state["seed"]
        if schedule != self.schedule:
            raise ValueError(f"a run can only be resumed with its own schedule: the state has {schedule}, this "
                             f"selector {self.schedule}")
        if seed != self.seed:
            raise ValueError(f"a run can only be resumed with its own seed: the state has {seed}, this selector "
                             f"{self.seed}")

    def __repr__(self) -> str:
        return f"PairSelector(schedule={self.schedule}, seed={self.seed})"


def _saved_schedule(saved: Any) -> Schedule:
    if isinstance(saved, dict):
        saved = {"p_extra" if name == "extra" else name: value for name, value in saved.items()}
    return get_schedule(saved)


def _choose(order: Order, number: float) -> int:
    return order if isinstance(order, int) else order[int(number * len(order))]
