"""Runs examples as a user does, and reads the steps that they print."""
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import vididi_transforms as vt

EXAMPLES = Path(__file__).parents[2] / "examples"
ALGORITHM_1 = ((1, 1), (1, 0), (0, 1), (0, 0))  # orders in epochs 0 to 3; both may be raised by one
STEP = re.compile(r"(?:(\w+), )?epoch (\d+), step (\d+): orders \((\d), (\d)\),(?: [a-z ]+\(([\d, ]+)\),)? loss (\S+)$")
KNOWN = re.compile("FileClient|LocalBackend|safe loader of torch 2.6")  # OpenMMLab's own; ours on the oldest torch


class Step(NamedTuple):
    """A printed step."""

    name: str
    epoch: int
    step: int
    orders: tuple
    shape: tuple


def run(name, folder, spy=""):
    """Return what an example prints, without MMEngine's log.

    Checks that it warns of nothing and leaves no file.

    spy: code that runs before it in the same process.
    """
    start = f"{spy}\nimport runpy\nrunpy.run_path({str(EXAMPLES / name)!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, *(["-c", start] if spy else [str(EXAMPLES / name)])], capture_output=True,
                            text=True, check=False, cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert result.returncode == 0, result.stderr
    warnings = re.findall(r".*(?:warning|deprecated).*", result.stdout + result.stderr, re.IGNORECASE)
    assert [line for line in warnings if not KNOWN.search(line)] == []
    assert list(folder.iterdir()) == []
    return "".join(line for line in result.stdout.splitlines(keepends=True) if " - mmengine - " not in line)


def read_steps(lines, per_epoch, running=False):
    """Return all steps of four epochs.

    Checks that orders follow Algorithm 1 and losses are finite.

    running: steps are counted across epochs.
    """
    steps, coins = [], set()
    for match in filter(None, map(STEP.match, lines)):
        name, epoch, step, order1, order2, shape, loss = match.groups()
        steps.append(Step(name, int(epoch), int(step), (int(order1), int(order2)),
                          shape and tuple(map(int, shape.split(", ")))))
        assert math.isfinite(float(loss))
    assert [(step.epoch, step.step) for step in steps] == [
        (epoch, epoch * per_epoch * running + step) for epoch in range(4) for step in range(per_epoch)]
    for step in steps:
        coins.add(extra := step.orders[0] - ALGORITHM_1[step.epoch][0])
        assert step.orders == tuple(order + extra for order in ALGORITHM_1[step.epoch])
        assert step.orders == vt.PairSelector("vididi", seed=0).orders(step.epoch, step.step)
    assert coins == {0, 1}
    return steps
