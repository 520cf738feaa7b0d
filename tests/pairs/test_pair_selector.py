"""Algorithm 1 and Table 6 by counting; the selector is a pure function; its state."""
from collections import Counter

import pytest

import vididi_transforms as vt

SEVEN_PAIRS = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)}
STEPS = 2000


def pairs(schedule, epoch, seed=0):
    selector = vt.PairSelector(schedule, seed)
    return Counter(selector.orders(epoch, step) for step in range(STEPS))


def about(share):
    return pytest.approx(share, abs=4 * (share * (1 - share) / STEPS) ** 0.5)  # four standard deviations


@pytest.mark.parametrize("epoch", range(8))
def test_algorithm_1(epoch):
    base = [(1, 1), (1, 0), (0, 1), (0, 0)][epoch % 4]
    counts = pairs("vididi", epoch)
    assert set(counts) == {base, (base[0] + 1, base[1] + 1)}
    assert counts[base] / STEPS == about(0.5)


def test_vididi_has_the_seven_pairs_of_the_paper():
    assert set().union(*(pairs("vididi", epoch) for epoch in range(4))) == SEVEN_PAIRS


@pytest.mark.parametrize(("schedule", "epochs"), [
    ("base", [{(0, 0)}]),
    ("schedule-1st", [{(1, 1)}, {(0, 0)}]),
    ("schedule-1st-mix", [{(1, 1)}, {(1, 0)}, {(0, 0)}]),
    ("schedule-1st-2nd", [{(1, 1), (2, 2)}, {(0, 0), (1, 1)}]),
    ("schedule-1st-2nd-mix", [{(1, 1), (2, 2)}, {(1, 0), (2, 1)}, {(0, 0), (1, 1)}]),
    ("reverse", [{(0, 0), (1, 1)}, {(0, 1), (1, 2)}, {(1, 0), (2, 1)}, {(1, 1), (2, 2)}]),
])
def test_table_6_cycles(schedule, epochs):
    for epoch in range(2 * len(epochs)):
        assert set(pairs(schedule, epoch)) == epochs[epoch % len(epochs)]


@pytest.mark.parametrize(("schedule", "orders"), [("random-1st", 2), ("random-1st-2nd", 3)])
def test_table_6_random_rows_choose_each_view_independently(schedule, orders):
    counts = pairs(schedule, epoch=5)
    assert len(counts) == orders**2
    for count in counts.values():
        assert count / STEPS == about(1 / orders**2)


def test_table_6_has_nine_rows():
    assert list(vt.SCHEDULES) == ["base", "random-1st", "random-1st-2nd", "reverse", "schedule-1st",
                                  "schedule-1st-mix", "schedule-1st-2nd", "schedule-1st-2nd-mix", "vididi"]


def test_pure_function_of_seed_epoch_step():
    selector = vt.PairSelector(seed=3)
    forward = {(e, s): selector.orders(e, s) for e in range(6) for s in range(50)}
    other = vt.PairSelector(seed=3)
    assert forward == {key: other.orders(*key) for key in reversed(forward)}
    assert forward != {key: vt.PairSelector(seed=4).orders(*key) for key in forward}


def test_steps_and_epochs_are_independent():
    chosen = [[vt.PairSelector("random-1st").orders(epoch, step) for step in range(64)] for epoch in range(16)]
    assert len({tuple(row) for row in chosen}) == 16


def test_custom_schedule_from_lists():
    schedule = dict(cycle=[[2, 2], [[0, 1], 0]], p_extra=1.0)
    assert set(pairs(schedule, 0)) == {(3, 3)}
    assert set(pairs(schedule, 1)) == {(1, 1), (2, 1)}
    assert vt.PairSelector(schedule).schedule.max_order == 3


@pytest.mark.parametrize(("schedule", "order"), [("base", 0), ("random-1st-2nd", 2), ("schedule-1st", 1),
                                                 ("vididi", 2)])
def test_max_order(schedule, order):
    assert vt.SCHEDULES[schedule].max_order == order


def test_state_round_trip():
    selector = vt.PairSelector(seed=7)
    selector.orders(3, 14)
    other = vt.PairSelector(seed=7)
    other.load_state_dict(selector.state_dict())
    assert other.state_dict() == selector.state_dict()
    assert other.orders(3, 15) == selector.orders(3, 15)


OLD_STATE = {"schedule": {"cycle": ((1, 1), (1, 0), (0, 1), (0, 0)), "extra": 0.5}, "seed": 7, "position": (3, 14)}


def test_the_state_of_an_old_checkpoint_loads():
    vt.PairSelector(seed=7).load_state_dict(OLD_STATE)
    assert list(vt.PairSelector().state_dict()) == ["schedule", "seed"]


@pytest.mark.parametrize("change", [{"seed": 8}, {"schedule": OLD_STATE["schedule"] | {"extra": 0.4}}])
def test_the_state_of_another_old_run_does_not_load(change):
    with pytest.raises(ValueError, match="a run can only be resumed with its own"):
        vt.PairSelector(seed=7).load_state_dict(OLD_STATE | change)
