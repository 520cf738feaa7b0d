"""The readers that are compared: this package's, MMAction2's stock transforms, and torchcodec if it is installed."""
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from mmaction.registry import TRANSFORMS
from mmengine.registry import init_default_scope

from vididi_transforms.data.readers import READERS, Miscounted, Video
from vididi_transforms.data.readers.video import check_sizes

Choose = Callable[[int], list[int]]
Read = Callable[[Path, Choose], tuple[list[int], Sequence[np.ndarray]]]
"""Reads the frames that a function chooses from the number of frames; returns their indices and the frames."""

RELEASES = {"av": "October 2026", "cv2": "November 2026", "decord": "June 2021", "torchcodec": "September 2026"}
"""Last release of each library on PyPI, looked up in November 2026."""
USED = {"PyAV": "av", "OpenCV": "cv2", "Decord, stock": "decord", "PyAV, stock": "av", "OpenCV, stock": "cv2",
        "torchcodec": "torchcodec"}
"""The readers, and the library of each."""


def readers() -> dict[str, Read]:
    """The readers that are installed, by name."""
    init_default_scope("mmaction")
    found = {"PyAV": ours("pyav"), "OpenCV": ours("opencv"),
             **{f"{name}, stock": stock(name) for name in ("Decord", "PyAV", "OpenCV")}}
    return {**found, "torchcodec": torchcodec()} if find_spec("torchcodec") else found


def releases() -> dict[str, str]:
    """Installed version of each reader's library, and the month of the last release."""
    return {name: f"{import_module(USED[name]).__version__.split('+')[0]}; {RELEASES[USED[name]]}"
            for name in readers()}


def ours(name: str) -> Read:
    """A reader of this package, which does not give way to the other one here."""
    def read(path: Path, choose: Choose) -> tuple[list[int], Sequence[np.ndarray]]:
        video = READERS[name](path)
        try:
            return chosen(video, choose)
        except Miscounted:
            return chosen(video, choose)
        finally:
            video.close()

    return read


def chosen(video: Video, choose: Choose) -> tuple[list[int], Sequence[np.ndarray]]:
    """Indices and frames of an open video."""
    indices = choose(len(video))
    return indices, check_sizes(video.frames(indices))


def stock(name: str) -> Read:
    """MMAction2's transforms, which give no number of frames for some files."""
    init, decode = (TRANSFORMS.build(dict(type=f"{name}{part}")) for part in ("Init", "Decode"))

    def read(path: Path, choose: Choose) -> tuple[list[int], Sequence[np.ndarray]]:
        results = init(dict(filename=str(path), modality="RGB"))
        if results["total_frames"] < 1:
            raise ValueError("no number of frames")
        indices = choose(results["total_frames"])
        return indices, decode({**results, "frame_inds": np.array(indices)})["imgs"]

    return read


def torchcodec() -> Read:
    """``VideoDecoder`` of torchcodec, which scans the file first."""
    from torchcodec.decoders import VideoDecoder

    def read(path: Path, choose: Choose) -> tuple[list[int], Sequence[np.ndarray]]:
        decoder = VideoDecoder(str(path), dimension_order="NHWC", num_ffmpeg_threads=1, seek_mode="exact")
        indices = choose(len(decoder))
        return indices, decoder.get_frames_at(indices).data.numpy()

    return read
