"""Thumbnails of videos; needs PyAV, and Pillow, which matplotlib installs."""
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.video_io import UnreadableError, frames, one_thread

if TYPE_CHECKING:
    from PIL import Image

MAX_RATIO = 3  # largest width of a frame, in heights
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Thumbnail:
    """Frames side by side in one picture; a page shows them one after the other.

    Args:
        webp: the picture as WebP.
        width, height: size of a frame in pixels.
    """

    webp: bytes
    width: int
    height: int


def thumbnail(path: Path, length: int, interval: int = 3, height: int = 80) -> Thumbnail:
    """Read the first frames of a video as a thumbnail.

    Args:
        path: a video, or a folder of pictures, one per frame, as for ``RawframeDataset``.
        length: number of frames; the last frame of a shorter video is repeated.
        interval: distance between two frames; 3 takes every third frame.
        height: height in pixels. The width keeps the ratio, up to three heights.

    Raises:
        UnreadableError: If there is no such video or folder, or if a frame cannot be read.
    """
    from PIL import Image

    images = [_shrunk(image, height) for image in _images(path, length * interval, interval)]
    if not images:
        raise UnreadableError("no frame")
    width = images[0].width
    strip = Image.new("RGB", (width * length, height))
    for number in range(length):
        strip.paste(images[min(number, len(images) - 1)], (number * width, 0))
    file = io.BytesIO()
    strip.save(file, "WEBP", quality=60)
    return Thumbnail(file.getvalue(), width, height)


def _shrunk(image: "Image.Image", height: int) -> "Image.Image":
    width = min(max(1, round(height * image.width / image.height)), MAX_RATIO * height)
    return image.convert("RGB").resize((width, height))


def _images(path: Path, stop: int, step: int) -> "Iterator[Image.Image]":
    from PIL import Image

    if path.is_dir():
        return _pictures(islice(frame_files(path), 0, stop, step))
    chosen = islice(frames(path), 0, stop, step)
    return (Image.fromarray(frame.to_ndarray(format="rgb24", **one_thread())) for _, frame in chosen)


def frame_files(folder: Path) -> list[Path]:
    """The frames of a video in order.

    If there are pictures named ``img_...``, only those: the others are optical flow.
    """
    pictures = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES]
    named = [path for path in pictures if path.name.startswith("img_")]
    return sorted(named or pictures, key=lambda path: (len(path.name), path.name))  # 10.jpg comes after 9.jpg


def _pictures(paths: Iterable[Path]) -> "Iterator[Image.Image]":
    from PIL import Image

    for path in paths:
        try:
            with Image.open(path) as image:
                image.load()
                yield image
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise UnreadableError(f"{path.name} cannot be read: {error}") from error
