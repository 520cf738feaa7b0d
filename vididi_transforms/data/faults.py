"""What is wrong with a video: its frames are decoded and compared with what its header promises."""
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
"""Kinds of faults. Truncated: the end is lost. Damaged: frames within are. Miscounted: nothing is lost, but the header
promises more frames than are shown, so that readers ask for frames that are not there."""


@dataclass(frozen=True)
class Fault:
    """One of :data:`FAULTS`, and what was seen."""

    kind: str
    reason: str


def fault_of(path: Path, quick: bool = False) -> Fault | None:
    """What is wrong with a video; None: nothing.

    Args:
        path: the video.
        quick: whether to decode its first and its last frame only; what is between them is not seen then.
    """
    try:
        return _ends(path) if quick else _whole(path)
    except NoVideoError as error:
        return Fault("no video stream", str(error))
    except UnreadableError as error:
        return Fault("missing" if isinstance(error.__cause__, FileNotFoundError) else "unreadable", str(error))


@dataclass
class _Promise:
    """What the header says of a video."""

    frames: int  # 0: nothing
    seconds: float  # 0: nothing that is stored in the file
    start: float
    rate: float

    def lost(self, end: float) -> float:
        """Seconds from the end of the last frame to the promised one; one frame may be missing."""
        return self.start + self.seconds - end - 1 / self.rate


@dataclass
class _Seen:
    """What came out of a video."""

    frames: int = 0
    marked: int = 0  # frames that the decoder marks as corrupt
    errors: list[str] = field(default_factory=list)  # of packets that cannot be decoded
    sizes: dict[str, None] = field(default_factory=dict)
    end: float = 0  # of the last packet, in seconds

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
        self.marked += bool(frame.is_corrupt)
        self.sizes[f"{frame.width} x {frame.height}"] = None


def _whole(path: Path) -> Fault | None:
    seen = _Seen()
    with opened(path) as (container, stream):
        promise = _promise(container, stream)
        for packet in container.demux(stream):
            seen.decode(packet)
    if not seen.frames:
        raise UnreadableError(seen.errors[0] if seen.errors else "no frame")
    return _too_short(seen, promise) or _not_all(seen, promise) or _sizes(seen)


def _promise(container: "av.container.InputContainer", stream: "av.video.stream.VideoStream") -> _Promise:
    import av

    clock = float(stream.time_base or 0)
    seconds = stream.duration * clock if stream.duration else (container.duration or 0) / av.time_base
    stored = stream.frames or "matroska" in container.format.name  # elsewhere FFmpeg guesses it from what is there
    return _Promise(stream.frames, seconds if stored else 0, (stream.start_time or 0) * clock,
                    float(stream.average_rate or 25))


def _too_short(seen: _Seen, promise: _Promise) -> Fault | None:
    if seen.frames < promise.frames and promise.lost(seen.end) > 0:
        return Fault("truncated", f"decoded {seen.frames} of {promise.frames} frames")
    return None if promise.frames else _early(seen, promise)


def _early(seen: _Seen, promise: _Promise) -> Fault | None:
    lost = promise.lost(seen.end)
    if promise.seconds and lost > promise.seconds / 10:  # sound may end a little later
        return Fault("truncated", f"ends {lost:.2f} of {promise.seconds:.2f} seconds too early")
    return None


def _not_all(seen: _Seen, promise: _Promise) -> Fault | None:
    if seen.errors or seen.marked:
        return Fault("damaged", f"{len(seen.errors)} packets cannot be decoded, {seen.marked} of {seen.frames} frames "
                     "only in part")
    if seen.frames < promise.frames:
        return Fault("miscounted", f"shows {seen.frames} of {promise.frames} frames")
    return None


def _sizes(seen: _Seen) -> Fault | None:
    return Fault("changes size", ", ".join(seen.sizes)) if len(seen.sizes) > 1 else None


def _ends(path: Path) -> Fault | None:
    seen = _Seen()
    with opened(path) as (container, stream):
        promise = _promise(container, stream)
    for _, frame in islice(frames(path), 1):
        seen.add(frame)
    if not seen.frames:
        raise UnreadableError("no frame")
    for time, frame in deque(frames(path, promise.seconds), 1) if promise.seconds else ():
        seen.add(frame)
        seen.end = promise.start + time
    return _early(seen, promise) or _sizes(seen)
