"""Algorithm 1 and Table 6, counted; purity; state."""
from collections import Counter

import pytest

import vididi_transforms as vt

SEVEN_PAIRS = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)}
STEPS = 2000


def pairs(schedule, epoch, seed=0):
    selector = vt.PairSelector(schedule, seed)
    return Counter(selector.orders(epoch, step) for step in range(STEPS))


def share(count):
    return pytest.approx(count, abs=4 * (count * (1 - count) / STEPS) ** 0.5)  # four standard deviations


@pytest.mark.parametrize("epoch", range(8))
def test_algorithm_1(epoch):
    base = [(1, 1), (1, 0), (0, 1), (0, 0)][epoch % 4]
    counts = pairs("vididi", epoch)
    assert set(counts) == {base, (base[0] + 1, base[1] + 1)}
    assert counts[base] / STEPS == share(0.5)


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
def test_table_6_random_rows_draw_each_view_alone(schedule, orders):
    counts = pairs(schedule, epoch=5)
    assert len(counts) == orders**2
    for count in counts.values():
        assert count / STEPS == share(1 / orders**2)


def test_nine_rows():
    assert list(vt.SCHEDULES) == ["base", "random-1st", "random-1st-2nd", "reverse", "schedule-1st",
                                  "schedule-1st-mix", "schedule-1st-2nd", "schedule-1st-2nd-mix", "vididi"]


def test_pure_function_of_seed_epoch_step():
    selector = vt.PairSelector(seed=3)
    forward = {(e, s): selector.orders(e, s) for e in range(6) for s in range(50)}
    other = vt.PairSelector(seed=3)
    assert forward == {key: other.orders(*key) for key in reversed(forward)}
    assert forward != {key: vt.PairSelector(seed=4).orders(*key) for key in forward}


def test_steps_and_epochs_are_independent():
    draws = [[vt.PairSelector("random-1st").orders(epoch, step) for step in range(64)] for epoch in range(16)]
    assert len({tuple(row) for row in draws}) == 16


def test_own_schedule_from_lists():
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
    assert other.position == (3, 14)
