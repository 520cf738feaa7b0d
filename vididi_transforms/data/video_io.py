"""Decode and encode videos with PyAV."""
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .files import complete

if TYPE_CHECKING:
    import av
    from av.video.reformatter import VideoReformatter

X264 = {"crf": "18", "threads": "1", "tune": "fastdecode"}


class UnreadableError(Exception):
    """A video cannot be decoded; the message says why."""


class NoVideoError(UnreadableError):
    """A file has no video stream, or is a picture."""


@contextmanager
def opened(path: Path) -> "Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]":
    """Open a video and its video stream; errors inside the block are errors of the video.

    Raises:
        NoVideoError: If there is no video stream.
        UnreadableError: If the file is not a video, or if reading fails inside the block.
    """
    import av

    try:
        container, stream = open_stream(path)
        with container:
            yield container, stream
    except av.error.FFmpegError as error:
        raise UnreadableError(error.strerror or str(error)) from error


def open_stream(path: Path) -> "tuple[av.container.InputContainer, av.video.stream.VideoStream]":
    """Open a video and its video stream, which is not a cover picture.

    It is decoded in this thread only: reading several videos in as many processes is faster.

    Raises:
        NoVideoError: If there is no video stream, or the file is a picture.
        UnreadableError: If the file is not a video.
    """
    import av

    try:
        container = av.open(f"file:{path}", **_lenient(av.__version__))
    except av.error.FFmpegError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    if container.format.name.endswith("_pipe"):
        raise NoVideoError(f"a picture ({container.format.name})")
    stream = container.streams.best("video")
    if stream is None:
        raise NoVideoError("no video stream")
    stream.codec_context.thread_count = 1
    return container, stream


def to_rgb(frame: "av.VideoFrame", reformatter: "VideoReformatter") -> np.ndarray:
    """A frame as RGB, ``[H, W, 3]``, turned as its rotation says; the pixels are those of OpenCV.

    Args:
        frame: the frame.
        reformatter: converts it; for several frames of a video, one is faster.
    """
    if frame.format.name == "yuv420p" and frame.height % 2 == 0:  # faster
        image = reformatter.reformat(frame, format="rgb24", **one_thread()).to_ndarray()
    else:
        settings = {"format": "bgr24", "interpolation": "BICUBIC", **one_thread()}
        image = reformatter.reformat(frame, **settings).to_ndarray()[..., ::-1]
    return np.ascontiguousarray(np.rot90(image, frame.rotation // 90))


@cache
def one_thread() -> dict[str, Any]:
    """Options with which PyAV converts frames in the calling thread.

    Otherwise PyAV 17 and later start as many threads as there are CPUs, for each video: too many when several processes
    read, and a process forked from this one, which has no such threads, would wait for them for ever when it frees what
    it inherited.
    """
    import av

    return {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}


def _lenient(pyav: str) -> dict[str, Any]:
    """Options with which titles need not be UTF-8.

    PyAV 19 accepts such titles and has no such option.
    """
    return {} if int(pyav.split(".")[0]) >= 19 else {"metadata_errors": "replace"}


def frames(path: Path, start: float = 0) -> "Iterator[tuple[float, av.VideoFrame]]":
    """The frames of a video and their times, in seconds from its start.

    Args:
        path: the video.
        start: time in seconds; the first frame is the one shown at this time or an earlier one.

    Raises:
        UnreadableError: If the video cannot be read.
    """
    import av

    with opened(path) as (container, stream):
        zero = container.start_time or 0
        if start:
            container.seek(zero + int(start * av.time_base))
        for frame in container.decode(stream):
            yield (frame.time or 0) - zero / av.time_base, frame


def check(path: Path) -> str:
    """The reason why the first frame of a video cannot be decoded; empty if it can."""
    try:
        return "" if next(frames(path), None) else "no frame"
    except UnreadableError as error:
        return str(error)


def scaled(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height with the given short side.

    Both are even (H.264) and never larger than before.

    Example:
        >>> scaled(320, 240, 150), scaled(1080, 1920, 150), scaled(101, 81, 150)
        ((200, 150), (150, 266), (100, 80))
    """
    factor = min(Fraction(short_side, min(width, height)), Fraction(1))
    other = int(max(width, height) * factor) // 2 * 2
    short = int(min(width, height) * factor) // 2 * 2
    return (other, short) if width >= height else (short, other)


def reencode(source: Path, target: Path, short_side: int, gop: int) -> str:
    """Write a smaller copy of a video as H.264, atomically.

    It has all frames, at the average rate, and no sound.

    Args:
        source: the video.
        target: the copy.
        short_side: shorter side of the copy, in pixels; smaller videos keep their size.
        gop: largest distance between two key frames, in frames.

    Returns:
        The reason why the video cannot be read; empty if it can.
    """
    try:
        write_h264(target, _smaller(source, short_side), _rate(source), {"g": str(gop)})
    except UnreadableError as error:
        return str(error)
    return ""


def _smaller(source: Path, short_side: int) -> "Iterator[av.VideoFrame]":
    """The frames, scaled; all get the size of the first one."""
    size = None
    for _, frame in frames(source):
        size = size or scaled(frame.width, frame.height, short_side)
        yield frame.reformat(*size, "yuv420p", interpolation="BICUBIC", **one_thread())
    if size is None:
        raise UnreadableError("no frame")


def write_h264(path: Path, images: "Iterable[av.VideoFrame]", rate: Fraction, options: dict[str, str]) -> None:
    """Write frames as an H.264 file (MP4), atomically.

    Args:
        path: the file.
        images: frames of one size, even in height and width.
        rate: frames per second.
        options: options of libx264 that override :data:`X264`.
    """
    import av

    with complete(path) as part, av.open(f"file:{part}", "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={**X264, **options})
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(images):
            if index == 0:
                stream.width, stream.height = image.width, image.height
            image.pts, image.time_base, image.pict_type = index, 1 / rate, 0
            container.mux(stream.encode(image))
        container.mux(stream.encode())


def _rate(source: Path) -> Fraction:
    with opened(source) as (_, stream):
        return Fraction(stream.average_rate or 25).limit_denominator(1001)
