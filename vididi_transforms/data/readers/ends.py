"""What a reader returns of a file: the length, and three frames."""
from pathlib import Path
from typing import NamedTuple

from .reader import Reader
from .video import Image, Video


class Ends(NamedTuple):
    """Number of frames, and the first, the middle and the last frame by their indices."""

    length: int
    images: dict[int, Image]


def read_ends(path: Path, reader: Reader) -> Ends:
    """Read the ends of a video as training does.

    Raises:
        Exception: As :meth:`Reader.read`.
    """
    chosen: list[int] = []

    def choose(video: Video) -> list[int]:
        chosen[:] = 0, len(video) // 2, len(video) - 1
        return chosen

    images = reader.read(path, choose)
    return Ends(chosen[-1] + 1, dict(zip(chosen, images, strict=True)))
