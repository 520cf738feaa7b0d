"""Fixture: a tiny H.264 file."""
import pytest
import torch

from vididi_transforms.data.motion_videos import encode


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """A video whose gray value rises.

    It has 20 frames of 64 x 48 pixels, 10 frames per second.
    """
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    encode(torch.linspace(0.1, 0.9, 20)[:, None, None, None].expand(-1, 3, 48, 64), path, fps=10)
    return path
