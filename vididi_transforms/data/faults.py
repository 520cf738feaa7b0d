"""Find what is wrong with a video: compare its frames with its header."""
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .video_io import NoVideoError, UnreadableError, frames, opened

if TYPE_CHECKING:
    import av

FAULTS = ("missing", "unreadable", "no video stream", "truncated", "damaged", "miscounted", "changes size",
          "timed out")
"""Kinds of faults. Truncated: the end is missing. Damaged: frames before the end cannot be decoded. Miscounted: nothing
is missing, but the header counts more frames than there are, so that readers ask for frames that do not exist."""


@dataclass(frozen=True)
class Fault:
    """A kind in :data:`FAULTS` and the reason."""

    kind: str
    reason: str


def fault_of(path: Path, quick: bool = False) -> Fault | None:
    """The fault of a video, or None if it is good.

    Args:
        path: the video.
        quick: whether to decode only the first and the last frame, which misses faults between them.
    """
    try:
        return _ends(path) if quick else _whole(path)
    except NoVideoError as error:
        return Fault("no video stream", str(error))
    except UnreadableError as error:
        return Fault("missing" if isinstance(error.__cause__, FileNotFoundError) else "unreadable", str(error))


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

    frames: int = 0
    corrupt: int = 0  # frames that the decoder marks as corrupt
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
        self.frames += 1
        self.corrupt += bool(frame.is_corrupt)
        self.sizes[f"{frame.width} x {frame.height}"] = None


def _whole(path: Path) -> Fault | None:
    """Decode all frames."""
    decoded = _Decoded()
    with opened(path) as (container, stream):
        header = _header(container, stream)
        for packet in container.demux(stream):
            decoded.decode(packet)
    if not decoded.frames:
        raise UnreadableError(decoded.errors[0] if decoded.errors else "no frame")
    return _truncated(decoded, header) or _damaged(decoded) or _miscounted(decoded, header) or _changes_size(decoded)


def _header(container: "av.container.InputContainer", stream: "av.video.stream.VideoStream") -> _Header:
    import av

    clock = float(stream.time_base or 0)
    seconds = stream.duration * clock if stream.duration else (container.duration or 0) / av.time_base
    stored = stream.frames or "matroska" in container.format.name  # for other formats FFmpeg estimates it
    return _Header(stream.frames, seconds if stored else 0, (stream.start_time or 0) * clock,
                   float(stream.average_rate or 25))


def _truncated(decoded: _Decoded, header: _Header) -> Fault | None:
    if not header.frames:
        return _ends_early(decoded, header)
    if decoded.frames < header.frames and header.seconds_lost(decoded.end) > 0:
        return Fault("truncated", f"decoded {decoded.frames} of {header.frames} frames")
    return None


def _ends_early(decoded: _Decoded, header: _Header) -> Fault | None:
    lost = header.seconds_lost(decoded.end)
    if header.seconds and lost > header.seconds / 10:  # sound may end a little later
        return Fault("truncated", f"ends {lost:.2f} of {header.seconds:.2f} seconds too early")
    return None


def _damaged(decoded: _Decoded) -> Fault | None:
    if decoded.errors or decoded.corrupt:
        return Fault("damaged", f"{len(decoded.errors)} packets cannot be decoded, {decoded.corrupt} of "
                     f"{decoded.frames} frames only in part")
    return None


def _miscounted(decoded: _Decoded, header: _Header) -> Fault | None:
    if decoded.frames < header.frames:
        return Fault("miscounted", f"shows {decoded.frames} of {header.frames} frames")
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
