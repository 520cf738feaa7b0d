"""Every error of the readers with its message. A new ``raise`` needs a row."""
import os
import shutil
from types import SimpleNamespace

import av
import numpy as np
import pytest
from raises import PACKAGE, error_of, not_raised

from vididi_transforms.data.readers import Miscounted, Reader
from vididi_transforms.data.readers import reader as choosing
from vididi_transforms.data.readers.memory import Memory
from vididi_transforms.data.readers.opencv import OpenCVVideo
from vididi_transforms.data.readers.packets import list_packets
from vididi_transforms.data.readers.pyav import PyAVVideo
from vididi_transforms.data.readers.video import check_sizes
from vididi_transforms.data.video_io import UnreadableError


def all_frames(video):
    return video.frames(range(len(video)))


def replaced(path, other, reader):
    """Another file takes the place of an open video."""
    copy = path.with_name("copy.mp4")
    shutil.copy(path, copy)
    video = reader(copy)
    shutil.copy(other, copy)
    return video


def counted(path, other):
    return replaced(path, other, PyAVVideo)._count({0})


def broken_packets():
    def demux(stream):
        raise av.error.InvalidDataError(0, "broken")

    return list_packets(SimpleNamespace(demux=demux), SimpleNamespace(codec_context=SimpleNamespace(name="h264")))


def not_installed(monkeypatch):
    with monkeypatch.context() as context:
        context.setattr(choosing, "find_spec", lambda name: None)
        Reader("opencv")


def pipe(folder):
    os.mkfifo(folder / "pipe.mp4")
    Reader().read(folder / "pipe.mp4", len)


def rows(paths, folder, monkeypatch):
    (folder / "empty.y4m").write_text("YUV4MPEG2 W16 H16 F10:1\n")
    return [
        (lambda: Memory(-1, print), ValueError, "memory must be >= 0 gigabytes: got -1"),
        (lambda: OpenCVVideo(paths["promise-avi"]), ValueError, "the header promises 80 frames: got 40"),
        (lambda: replaced(paths["plain"], paths["empty"], OpenCVVideo).frames([0]), ValueError,
         "frame 0 cannot be read"),
        (lambda: OpenCVVideo(paths["two-videos"]), ValueError,
         "OpenCV reads the first video stream: the one to show is stream 1"),
        (broken_packets, UnreadableError, "broken"),
        (lambda: PyAVVideo(paths["no-frames-avi"]), UnreadableError, "no frame"),
        (lambda: all_frames(PyAVVideo(paths["flipped-bits"])), UnreadableError, "a frame can be decoded only in part"),
        (lambda: all_frames(PyAVVideo(paths["zero-middle"])), UnreadableError,
         "frame 2: Invalid data found when processing input"),
        (lambda: counted(paths["plain"], folder / "empty.y4m"), UnreadableError, "no frame"),
        (lambda: counted(paths["plain"], paths["short"]), Miscounted, "40 frames are stored: 5 are shown"),
        (lambda: Reader("decord"), ValueError, "reader must be one of pyav, opencv: got 'decord'"),
        (lambda: not_installed(monkeypatch), ModuleNotFoundError, "the reader 'opencv' needs the package 'cv2'"),
        (lambda: pipe(folder), OSError, f"a video must be a regular file: got {folder}/pipe.mp4"),
        (lambda: check_sizes([np.zeros((4, 6, 3)), np.zeros((2, 6, 3))]), ValueError,
         "the frames of a video must have one size: got 6 x 2, 6 x 4"),
    ]


@pytest.fixture
def table(paths, tmp_path, monkeypatch):
    return rows(paths, tmp_path, monkeypatch)


def test_messages_and_that_every_raise_has_a_row(table):
    errors = [error_of(call) for call, *_ in table]
    assert [(type(error), str(error)) for error in errors] == [(kind, message) for _, kind, message in table]
    assert not_raised(PACKAGE.glob("data/readers/*.py"), errors) == []
