"""Find what is wrong with a video: decode it, compare it with its header, and with what a reader returns."""
import re
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .readers.ends import Ends, read_ends
from .readers.reader import Reader, check_file
from .video_io import NoVideoError, UnreadableError, frames, opened, to_rgb

if TYPE_CHECKING:
    import av

FAULTS = ("missing", "unreadable", "no video stream", "truncated", "damaged", "misread", "changes size", "timed out")
"""Kinds of faults. Truncated: the end is missing. Damaged: frames before the end cannot be decoded. Misread: the reader
fails or returns other frames than decoding the whole file."""


@dataclass(frozen=True)
class Fault:
    """A kind in :data:`FAULTS` and the reason."""

    kind: str
    reason: str


def fault_of(path: Path, quick: bool = False, reader: str = "pyav") -> Fault | None:
    """The fault of a video, or None if it is good.

    Args:
        path: the video.
        quick: whether to decode only the first and the last frame, which misses faults between them.
        reader: name of the reader that training uses. The quick check does not use it.
    """
    try:
        check_file(path)
        return _ends(path) if quick else _whole(path, reader)
    except FileNotFoundError:
        return Fault("missing", "No such file or directory")
    except NoVideoError as error:
        return Fault("no video stream", str(error))
    except (OSError, UnreadableError) as error:
        return Fault("unreadable", getattr(error, "strerror", None) or str(error))


@dataclass
class _Header:
    """What the header says about a video."""

    frames: int  # 0: unknown
    seconds: float  # 0: unknown
    start: float
    rate: float

    def seconds_lost(self, end: float) -> float:
        """Seconds from ``end`` to the end in the header, with one frame of tolerance."""
        return self.start + self.seconds - end - 1 / self.rate


@dataclass
class _Decoded:
    """What decoding a video gave."""

    ends: Ends = field(default_factory=lambda: Ends(0, {}))  # what the reader returned
    frames: int = 0
    corrupt: int = 0  # frames that the decoder marks as corrupt
    others: list[int] = field(default_factory=list)  # frames of which the reader returned another one
    errors: list[str] = field(default_factory=list)  # messages, one per packet that cannot be decoded
    sizes: dict[str, None] = field(default_factory=dict)
    end: float = 0  # end of the last packet, in seconds

    def decode(self, packet: "av.Packet[av.video.stream.VideoStream]") -> None:
        import av

        if packet.pts is not None and packet.time_base:
            self.end = max(self.end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        try:
            for frame in packet.decode():
                self.add(frame)
        except av.error.FFmpegError as error:
            self.errors.append(error.strerror or str(error))

    def add(self, frame: "av.VideoFrame") -> None:
        from av.video.reformatter import VideoReformatter

        image = self.ends.images.get(self.frames)
        if image is not None and not frame.is_corrupt and not np.array_equal(image, to_rgb(frame, VideoReformatter())):
            self.others.append(self.frames)
        self.frames += 1
        self.corrupt += bool(frame.is_corrupt)
        self.sizes[f"{frame.width} x {frame.height}"] = None


def _whole(path: Path, reader: str) -> Fault | None:
    """Decode all frames, and read three as training does."""
    training = Reader(reader, log=lambda line: None)
    try:
        ends, misread = read_ends(path, training), None
    except Exception as error:  # decoding shows whether the video is at fault
        ends, misread = Ends(0, {}), Fault("misread", f"{reader}: {type(error).__name__}: {error}")
    decoded = _Decoded(ends)
    with opened(path) as (container, stream):
        header = _header(container, stream)
        for packet in container.demux(stream):
            decoded.decode(packet)
    if not decoded.frames:
        raise UnreadableError(decoded.errors[0] if decoded.errors else "no frame")
    return (_truncated(decoded, header) or _damaged(decoded) or _changes_size(decoded) or misread
            or _misread(decoded, reader))


def _header(container: "av.container.InputContainer", stream: "av.video.stream.VideoStream") -> _Header:
    rate, clock = float(stream.average_rate or 25), float(stream.time_base or 0)
    start = (stream.start_time or 0) * clock
    if "matroska" in container.format.name:
        return _Header(0, max(0, _matroska_end(container, stream) - start), start, rate)
    seconds = (stream.duration or 0) * clock if stream.frames else 0  # without a number FFmpeg estimates the duration
    return _Header(stream.frames, seconds, start, rate)


def _matroska_end(container: "av.container.InputContainer", stream: "av.video.stream.VideoStream") -> float:
    """When the stream ends, by a tag; 0 if unknown. The duration of the file is that of its longest stream."""
    import av

    tag = re.fullmatch(r"(\d+):(\d+):([\d.]+)", stream.metadata.get("DURATION", ""))
    if tag:
        return (int(tag[1]) * 60 + int(tag[2])) * 60 + float(tag[3])
    return (container.duration or 0) / av.time_base if len(container.streams) == 1 else 0


def _truncated(decoded: _Decoded, header: _Header) -> Fault | None:
    if not header.frames:
        return _ends_early(decoded, header)
    if decoded.frames < header.frames and header.seconds_lost(decoded.end) > 0:
        return Fault("truncated", f"decoded {decoded.frames} of {header.frames} frames")
    return None


def _ends_early(decoded: _Decoded, header: _Header) -> Fault | None:
    lost = header.seconds_lost(decoded.end)
    if header.seconds and lost > header.seconds / 10:  # the last frames may be shown for long
        return Fault("truncated", f"ends {lost:.2f} of {header.seconds:.2f} seconds too early")
    return None


def _damaged(decoded: _Decoded) -> Fault | None:
    if decoded.errors or decoded.corrupt:
        return Fault("damaged", f"{len(decoded.errors)} packets cannot be decoded, {decoded.corrupt} of "
                     f"{decoded.frames} frames only in part")
    return None


def _misread(decoded: _Decoded, reader: str) -> Fault | None:
    if decoded.ends.length != decoded.frames:
        return Fault("misread", f"{reader} counts {decoded.ends.length} frames: {decoded.frames} are shown")
    if decoded.others:
        return Fault("misread", f"{reader} returns other frames: {', '.join(map(str, decoded.others))}")
    return None


def _changes_size(decoded: _Decoded) -> Fault | None:
    return Fault("changes size", ", ".join(decoded.sizes)) if len(decoded.sizes) > 1 else None


def _ends(path: Path) -> Fault | None:
    """Decode the first and the last frame."""
    decoded = _Decoded()
    with opened(path) as (container, stream):
        header = _header(container, stream)
    for _, frame in islice(frames(path), 1):
        decoded.add(frame)
    if not decoded.frames:
        raise UnreadableError("no frame")
    for time, frame in deque(frames(path, header.seconds), 1) if header.seconds else ():
        decoded.add(frame)
        decoded.end = header.start + time
    return _ends_early(decoded, header) or _changes_size(decoded)
