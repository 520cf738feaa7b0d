"""The length of a video and three of its frames, as a reader returns them."""
from pathlib import Path
from typing import NamedTuple

from .reader import Reader
from .video import Image, Video


class Ends(NamedTuple):
    """The number of frames; the first, middle and last frame by their indices."""

    length: int
    images: dict[int, Image]


def read_ends(path: Path, reader: Reader) -> Ends:
    """Read the first, middle and last frame of a video as training does.

    Raises:
        Exception: As :meth:`Reader.read`.
    """
    chosen: list[int] = []

    def choose(video: Video) -> list[int]:
        chosen[:] = 0, len(video) // 2, len(video) - 1
        return chosen

    images = reader.read(path, choose)
    return Ends(chosen[-1] + 1, dict(zip(chosen, images, strict=True)))
