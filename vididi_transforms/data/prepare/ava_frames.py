"""Frames of AVA's videos, extracted as MMAction2 reads them."""
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import complete
from ..video_io import UnreadableError, frames, one_thread, scaled

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class Window:
    """The part of a video that is extracted.

    The defaults are those of MMAction2's ``AVADataset``.

    Args:
        start, end: begin and end, in seconds (``timestamp_start``, ``timestamp_end``).
        fps: frames per second; frame ``k`` = 1, 2, ... is the one shown at ``start + (k - 1) / fps``.

    Raises:
        ValueError: If the window holds no frame.
    """

    start: int = 900
    end: int = 1800
    fps: int = 30

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or self.fps < 1:
            raise ValueError(f"a window needs 0 <= start < end and fps >= 1: got start={self.start}, end={self.end}, "
                             f"fps={self.fps}")

    @property
    def names(self) -> list[str]:
        """File names of the frames: ``img_00001.jpg`` and so on."""
        return [f"img_{number + 1:05d}.jpg" for number in range((self.end - self.start) * self.fps)]


def extract(video: Path, target: Path, window: Window, short_side: int) -> str:
    """Write the frames of a video as JPEG files into a new folder, atomically.

    Returns:
        Why the video cannot be read; empty if it can.
    """
    try:
        with complete(target) as part:
            _write_frames(video, part, window, short_side)
    except UnreadableError as error:
        return str(error)
    return ""


def _write_frames(video: Path, folder: Path, window: Window, short_side: int) -> None:
    folder.mkdir()
    pictures = _pictures(video, window, short_side)
    for name, picture in zip(window.names, pictures, strict=False):  # a video may end before the window does
        (folder / name).write_bytes(picture)
    if not any(folder.iterdir()):
        raise UnreadableError(f"ends before second {window.start}")


def _pictures(video: Path, window: Window, short_side: int) -> Iterator[bytes]:
    """JPEG files, one per time of the window: the frame shown at that time.

    They end where the video ends.
    """
    import av

    count, total = 0, len(window.names)
    shown: tuple[float, av.VideoFrame] | None = None
    picture = b""
    for time, frame in frames(video, window.start):
        while shown is not None and count < total and window.start + count / window.fps < time - 1e-4:
            picture = picture or _jpeg(shown[1], short_side)
            yield picture
            count += 1
        if count == total:
            return
        shown, picture = (time, frame), b""
    while shown is not None and count < total and window.start + count / window.fps <= shown[0] + 1e-4:
        yield _jpeg(shown[1], short_side)
        count += 1


def _jpeg(frame: "av.VideoFrame", short_side: int) -> bytes:
    import av

    width, height = scaled(frame.width, frame.height, short_side)
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base, context.options = Fraction(1, 30), {"qmin": "2", "qmax": "2"}  # best quality
    picture = frame.reformat(width, height, "yuvj420p", interpolation="BICUBIC", **one_thread())
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])
