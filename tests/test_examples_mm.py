"""Examples with MMPretrain, VideoMAE, sound, skeletons: each runs as a user runs it, with the orders of Algorithm 1."""
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vididi_transforms as vt

EXAMPLES = Path(__file__).parents[1] / "examples"
STEP = re.compile(r"(?:(\w+), )?epoch (\d+), step (\d+): orders \((\d), (\d)\),"
                  r"(?: encoder sees \((.+)\),)? loss (\S+)$")
REPAIR = re.compile(r"mmengine - (INFO - vididi_transforms (repairs|leaves out)|WARNING - the safe loader of torch) ")
SPIED_PAIRS = """
import vididi_transforms as vt
real = vt.differentiate_pair
def spy(view1, view2, *orders, **options):
    print("takes", orders)
    return real(view1, view2, *orders, **options)
vt.differentiate_pair = spy
"""
SPIED_ENCODER = """
import vididi_transforms.mmaction2
from mmaction.models import ResNet3d
real = ResNet3d.forward
def spy(self, clips):
    print("sees", tuple(clips.shape))
    return real(self, clips)
ResNet3d.forward = spy
"""


@pytest.fixture
def run(tmp_path):
    """Runs an example in an empty folder; returns the lines that it and a spy print, without those of the repairs."""
    def printed(name, spy):
        code = f"{spy}\nimport runpy\nrunpy.run_path({str(EXAMPLES / name)!r}, run_name='__main__')"
        result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return [line for line in (result.stdout + result.stderr).splitlines() if not REPAIR.search(line)]
    return printed


def check_step(line, number, steps):
    """Step ``number`` of four epochs has the orders of Algorithm 1 and a finite loss; returns name, orders, shape."""
    match = STEP.match(line)
    assert match, line
    name, epoch, step, order1, order2, shape, loss = match.groups()
    assert (int(epoch), int(step) % steps) == divmod(number, steps)
    orders = int(order1), int(order2)
    assert orders == vt.PairSelector("vididi", seed=0).orders(int(epoch), int(step))
    assert math.isfinite(float(loss))
    return name, orders, shape and tuple(map(int, shape.split(", ")))


def check_steps(lines, steps, shape):
    """Both views are differentiated as the step says, and the encoder sees clips as much shorter."""
    assert len(lines) == 2 * 4 * steps
    for number, (taken, line) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
        _, orders, seen = check_step(line, number, steps)
        assert taken == f"takes {orders}"
        assert seen == shape(max(orders))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps", "shape"), [
    ("videomae.py", 2, lambda order: (16, 6, 3, 32, 32)),
    ("skeleton.py", 4, lambda order: (32, 1, 32 - order, 17, 2)),
], ids=["videomae", "skeleton"])
def test_other_encoders(run, name, steps, shape):
    check_steps(run(name, SPIED_PAIRS), steps, shape)


def test_sound(run):
    means, *lines = run("audio.py", SPIED_PAIRS)
    sound, derivative = map(float, re.fullmatch(r"mean of a sound (\S+), of its derivative (\S+)", means).groups())
    assert sound > 0.1 > 0.001 > derivative
    check_steps(lines, 4, lambda order: (32, 1, 2000 - order))


@pytest.mark.slow
def test_mmpretrain(run):
    """Every clip that the encoder gets is as much shorter as the orders say, in the target network of BYOL too."""
    lines = run("mmpretrain_simclr.py", SPIED_ENCODER)
    for name, passes in (("ClipSimCLR", 2), ("BYOL", 4)):
        seen, steps, lines = lines[:8 * passes], lines[8 * passes:8 * passes + 8], lines[8 * passes + 8:]
        for number, line in enumerate(steps):
            printed, orders, _ = check_step(line, number, 2)
            assert printed == name
            assert seen[number * passes:(number + 1) * passes] == [f"sees {(8, 3, 8 - max(orders), 32, 32)}"] * passes
    assert not lines
