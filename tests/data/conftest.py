"""Fixtures: a tiny H.264 file, and a file of every bad or odd kind."""
import pytest
import torch
from bad_videos import kinds, write_kinds

from vididi_transforms.data.motion_videos import encode


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """A video whose gray value rises.

    It has 20 frames of 64 x 48 pixels, 10 frames per second.
    """
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    encode(torch.linspace(0.1, 0.9, 20)[:, None, None, None].expand(-1, 3, 48, 64), path, fps=10)
    return path


@pytest.fixture(scope="session")
def paths(tmp_path_factory):
    """Paths of bad and odd videos by their kinds."""
    return write_kinds(tmp_path_factory.mktemp("kinds"), kinds())
