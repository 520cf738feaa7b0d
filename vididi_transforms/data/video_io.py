"""Videos that can be read, and smaller ones with short groups of pictures (GOPs), in parallel."""
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .files import unfinished

if TYPE_CHECKING:
    import av

Job = TypeVar("Job")
X264 = {"crf": "18", "threads": "1", "tune": "fastdecode"}


class UnreadableError(Exception):
    """A video cannot be decoded; why."""


class NoVideoError(UnreadableError):
    """A file has no video stream."""


@contextmanager
def opened(path: Path) -> "Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]":
    """A video and its first video stream, to be decoded in this thread: one video a process is faster.

    Raises:
        NoVideoError: there is no video stream.
        UnreadableError: the file is no video, or while reading.
    """
    import av

    try:
        with av.open(f"file:{path}", **_lenient(av.__version__)) as container:
            if container.format.name.endswith("_pipe"):
                raise UnreadableError(f"a picture ({container.format.name})")
            if not container.streams.video:
                raise NoVideoError("no video stream")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            yield container, stream
    except av.error.FFmpegError as error:
        raise UnreadableError(error.strerror or str(error)) from error


def _lenient(pyav: str) -> dict[str, Any]:
    """Old titles are not UTF-8; from PyAV 19 on that is no error, and nothing can be asked for."""
    return {} if int(pyav.split(".")[0]) >= 19 else {"metadata_errors": "replace"}


def frames(path: Path, start: float = 0) -> "Iterator[tuple[float, av.VideoFrame]]":
    """The frames of a video and their times in seconds from its start.

    Args:
        path: the video.
        start: in seconds; the first frame is the one shown then or an earlier one.

    Raises:
        UnreadableError: while reading.
    """
    import av

    with opened(path) as (container, stream):
        zero = container.start_time or 0
        if start:
            container.seek(zero + int(start * av.time_base))
        for frame in container.decode(stream):
            yield (frame.time or 0) - zero / av.time_base, frame


def check(path: Path) -> str:
    """Why the first frame of a video cannot be read; empty if it can."""
    try:
        return "" if next(frames(path), None) else "no frame"
    except UnreadableError as error:
        return str(error)


def scaled(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height with the given short side, even (H.264) and never larger than before.

    Example:
        >>> scaled(320, 240, 150), scaled(1080, 1920, 150), scaled(101, 81, 150)
        ((200, 150), (150, 266), (100, 80))
    """
    factor = min(Fraction(short_side, min(width, height)), Fraction(1))
    other = int(max(width, height) * factor) // 2 * 2
    short = int(min(width, height) * factor) // 2 * 2
    return (other, short) if width >= height else (short, other)


def reencode(source: Path, target: Path, short_side: int, gop: int) -> str:
    """Write a video again as H.264, without sound; every frame stays, at the average rate.

    The file appears when it is whole.

    Returns:
        Why the video cannot be read; empty if it can.
    """
    part = unfinished(target)
    try:
        _encode(source, part, short_side, gop)
        part.replace(target)
    except UnreadableError as error:
        return str(error)
    finally:
        part.unlink(missing_ok=True)
    return ""


def _encode(source: Path, part: Path, short_side: int, gop: int) -> None:
    import av

    rate = _rate(source)
    with av.open(f"file:{part}", "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=X264)
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", gop
        index = -1
        for index, (_, frame) in enumerate(frames(source)):
            if index == 0:
                stream.width, stream.height = scaled(frame.width, frame.height, short_side)
            small = frame.reformat(stream.width, stream.height, "yuv420p", interpolation="BICUBIC")
            small.pts, small.time_base, small.pict_type = index, 1 / rate, 0
            container.mux(stream.encode(small))
        if index < 0:
            raise UnreadableError("no frame")
        container.mux(stream.encode())


def _rate(source: Path) -> Fraction:
    with opened(source) as (_, stream):
        return Fraction(stream.average_rate or 25).limit_denominator(1001)


def in_parallel(function: Callable[[Job], str], jobs: Sequence[Job], workers: int, text: str) -> list[str]:
    """The results of a function for each job, with a progress bar.

    Raises:
        RuntimeError: a process ended, as when a broken file makes the decoder crash.
    """
    from tqdm import tqdm

    if workers == 1 or len(jobs) < 2:
        return [function(job) for job in tqdm(jobs, desc=text, unit="video")]
    with ProcessPoolExecutor(min(workers, len(jobs))) as pool:
        try:
            return list(tqdm(pool.map(function, jobs), total=len(jobs), desc=text, unit="video"))
        except BrokenProcessPool as error:
            raise RuntimeError("a process ended while reading videos: run again with --workers 1 to see at which; "
                               "finished files are kept") from error
