"""Examples with MMPretrain, VideoMAE, sound and skeletons run as a user runs them, with the orders of Algorithm 1."""
import re

import pytest
from example_runs import read_steps, run

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


def check_steps(lines, steps, shape):
    """Both views are differentiated by the printed orders, and the encoder sees clips that are as much shorter."""
    assert len(lines) == 2 * 4 * steps
    for taken, step in zip(lines[::2], read_steps(lines[1::2], steps), strict=True):
        assert taken == f"takes {step.orders}"
        assert step.shape == shape(max(step.orders))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps", "shape"), [
    ("videomae.py", 2, lambda order: (16, 6, 3, 32, 32)),
    ("skeleton.py", 4, lambda order: (32, 1, 32 - order, 17, 2)),
], ids=["videomae", "skeleton"])
def test_other_encoders(name, steps, shape, tmp_path):
    check_steps(run(name, tmp_path, SPIED_PAIRS).splitlines(), steps, shape)


def test_sound(tmp_path):
    means, *lines = run("audio.py", tmp_path, SPIED_PAIRS).splitlines()
    sound, derivative = map(float, re.fullmatch(r"mean of a sound (\S+), of its derivative (\S+)", means).groups())
    assert sound > 0.1 > 0.001 > derivative
    check_steps(lines, 4, lambda order: (32, 1, 2000 - order))


@pytest.mark.slow
def test_mmpretrain(tmp_path):
    """Every clip that an encoder sees is shorter by the higher order, also in the target network of BYOL."""
    lines = run("mmpretrain_simclr.py", tmp_path, SPIED_ENCODER).splitlines()
    for name, passes in (("ClipSimCLR", 2), ("BYOL", 4)):
        seen, printed, lines = lines[:8 * passes], lines[8 * passes:8 * passes + 8], lines[8 * passes + 8:]
        for number, step in enumerate(read_steps(printed, 2, running=True)):
            assert step.name == name
            assert seen[number * passes:(number + 1) * passes] == [
                f"sees {(8, 3, 8 - max(step.orders), 32, 32)}"] * passes
    assert not lines
