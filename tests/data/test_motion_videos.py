"""Motion videos: files, lists, equal bytes, and the class only in the motion."""
import subprocess
import sys

import av
import numpy as np
import pytest
import torch
from commands import exit_code
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict

from vididi_transforms.data import motion_videos
from vididi_transforms.data.motion_videos import CONFIG, is_motion_video, render_again, write_dataset
from vididi_transforms.data.motions import MOTIONS, render


def test_files_lists_and_labels(tmp_path):
    write_dataset(tmp_path, train=10, test=4, size=32, frames=12)
    for split, videos in (("train", 10), ("test", 4)):
        lines = (tmp_path / f"{split}.txt").read_text().splitlines()
        assert [int(line.split()[1]) for line in lines] == [i % 8 for i in range(videos)]
        for line in lines:
            with av.open(str(tmp_path / line.split()[0])) as container:
                stream = container.streams.video[0]
                assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 32, 32)
                assert sum(1 for _ in container.decode(stream)) == 12
    assert not list(tmp_path.rglob("*.part*"))


def test_all_videos_differ_also_between_seeds(tmp_path):
    for seed in (0, 1):
        write_dataset(tmp_path / f"{seed}", train=4, test=4, size=32, frames=4, seed=seed)
    assert len({path.read_bytes() for path in tmp_path.rglob("*.mp4")}) == 16


def test_the_same_video_gives_the_same_file(tmp_path):
    """With libx264's assembly code, about one file in six differs.

    Measured with PyAV 18.1 and x264 165 on a Xeon.
    """
    for name in "ab":
        write_dataset(tmp_path / name, train=48, test=8)
    first, second = (sorted((tmp_path / name).rglob("*.mp4")) for name in "ab")
    assert len(first) == 56
    assert [a.name for a, b in zip(first, second, strict=True) if a.read_bytes() != b.read_bytes()] == []


def test_libx264_runs_without_its_assembly_code(tmp_path, monkeypatch):
    """For certain, where the test above finds it by chance."""
    options = []
    monkeypatch.setattr(motion_videos, "write_h264", lambda path, images, rate, more: options.append(more))
    motion_videos.encode(torch.zeros(2, 3, 4, 4), tmp_path / "a.mp4")
    assert options == [{"preset": "veryfast", "x264-params": "asm=0"}]


def test_a_file_can_be_rendered_again_from_its_name(tmp_path):
    """Encoding changes a pixel by 0.02 to 0.04 on average; another seed by 0.3."""
    write_dataset(tmp_path, train=3, test=3, size=32, frames=6, classes=("pulse", "circle"), seed=5)
    for path in sorted(tmp_path.rglob("*.mp4")):
        assert is_motion_video(path)
        with av.open(str(path)) as container:
            frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]) / 255
        for seed, least, most in ((5, 0, 0.06), (0, 0.2, 1)):
            video, mask = render_again(path, frames=6, size=32, seed=seed)
            assert least < np.abs(video.permute(0, 2, 3, 1).numpy() - frames).mean() < most
            assert mask.shape == (6, 1, 32, 32)


@pytest.mark.parametrize("motion", MOTIONS)
def test_only_the_shape_changes(motion):
    video, mask = render(motion, np.random.default_rng(0), frames=30, size=32)
    assert video.min() >= 0
    assert video.max() <= 1
    never = mask.amax(0) < 1e-3
    assert never.float().mean() > 0.3
    torch.testing.assert_close(video.std(0, unbiased=False)[never.expand(3, -1, -1)], torch.zeros(3 * never.sum()),
                               rtol=0, atol=2e-3)
    assert (video[1:] - video[:-1]).abs().amax() > 0.1


def moments(mask):
    """Area, centre and second moments of a mask ``[1, H, W]``.

    They are the pose of the shape in one frame.
    """
    size = mask.shape[-1]
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    area = mask.sum()
    centre_x, centre_y = (mask * x).sum() / area, (mask * y).sum() / area
    dx, dy = x - centre_x, y - centre_y
    return [area, centre_x, centre_y, *((mask * product).sum() / area for product in (dx * dx, dy * dy, dx * dy))]


@pytest.mark.parametrize(("frames", "least", "most"), [(1, 0.0, 0.2), (12, 0.4, 1.0)])
def test_one_frame_does_not_tell_the_class_and_twelve_do(frames, least, most):
    """Accuracy of a random forest on the true masks.

    Chance is 0.125 with a standard deviation of 0.013.
    """
    shapes, labels = [], []
    for number, motion in enumerate(MOTIONS):
        for seed in range(80):
            _, masks = render(motion, np.random.default_rng((seed, number)), frames=frames, size=24)
            pose = np.array([moments(mask) for mask in masks], dtype=float)
            shapes.append([*pose[0], *pose.std(0)])
            labels.append(number)
    guesses = cross_val_predict(RandomForestClassifier(100, random_state=0), shapes, labels, cv=5)
    assert least <= (guesses == np.array(labels)).mean() <= most


@pytest.mark.parametrize(("arguments", "text"), [
    (["--classes", "fly"], "classes must be some of slide-x, slide-y, circle, rotate, pulse, shake-x, shake-y, tumble: "
     "got fly"),
    (["--size", "33"], "numbers must be >= 1 and size even (H.264): got train=480, test=160, frames=40, size=33"),
])
def test_bad_arguments(tmp_path, arguments, text):
    command = [sys.executable, "-m", "vididi_transforms", "motion-videos", str(tmp_path), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert text in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("out", "expected"), [
    ("data/motion", f"mim train vididi_transforms {CONFIG} --launcher none"),
    ("other", f"mim train vididi_transforms {CONFIG} --launcher none --cfg-options "
     "train_dataloader.dataset.ann_file=other/train.txt train_dataloader.dataset.data_prefix.video=other "
     "val_dataloader=None val_cfg=None val_evaluator=None"),
])
def test_the_command_names_the_next_step(tmp_path, monkeypatch, capsys, out, expected):
    monkeypatch.chdir(tmp_path)
    assert exit_code("motion-videos", out, "--train", 1, "--test", 1, "--size", 16, "--frames", 2) == 0
    assert capsys.readouterr().out == f"Written: {out}\nNext: {expected}\n"
