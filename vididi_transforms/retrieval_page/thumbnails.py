"""A video as a small film strip; needs PyAV and Pillow, which matplotlib brings."""
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..prepare.videos import UnreadableError, frames

if TYPE_CHECKING:
    from PIL import Image

WIDEST = 3  # of a frame, in heights


@dataclass(frozen=True)
class Thumbnail:
    """Frames side by side in one picture, which a page shows one after the other.

    Args:
        jpeg: the picture.
        width, height: of a frame in pixels.
    """

    jpeg: bytes
    width: int
    height: int


def thumbnail(path: Path, length: int = 12, interval: int = 3, height: int = 80) -> Thumbnail:
    """The first frames of a video, small.

    Args:
        path: a video, or a folder of frames as pictures (``RawframeDataset``).
        length: number of frames; a shorter video ends with a still.
        interval: every which frame.
        height: in pixels; the width follows, up to three heights.

    Raises:
        UnreadableError: there is no such video or folder, or no frame of it can be read.
    """
    from PIL import Image

    images = list(islice(_images(path), 0, length * interval, interval))
    if not images:
        raise UnreadableError("no frame")
    width = min(max(1, round(height * images[0].width / images[0].height)), WIDEST * height)
    strip = Image.new("RGB", (width * length, height))
    for number in range(length):
        image = images[min(number, len(images) - 1)]
        strip.paste(image.convert("RGB").resize((width, height)), (number * width, 0))
    file = io.BytesIO()
    strip.save(file, "JPEG", quality=80)
    return Thumbnail(file.getvalue(), width, height)


def _images(path: Path) -> "Iterator[Image.Image]":
    from PIL import Image

    if path.is_dir():
        return _pictures(sorted(path.iterdir()))
    return (Image.fromarray(frame.to_ndarray(format="rgb24")) for _, frame in frames(path))


def _pictures(paths: Iterable[Path]) -> "Iterator[Image.Image]":
    from PIL import Image

    for path in paths:
        try:
            yield Image.open(path)
        except OSError as error:
            raise UnreadableError(f"{path.name} is no picture") from error
