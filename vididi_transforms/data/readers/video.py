"""The interface of an open video."""
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

Image = np.ndarray
"""A frame ``[H, W, 3]``, RGB, uint8."""


class Miscounted(Exception):  # noqa: N818 - not an error: the caller samples again
    """A video has fewer frames than it seemed to have; its length is right now."""


class Video(ABC):
    """An open video.

    Args:
        path: the file.

    Attributes:
        rate: frames per second, on average; 0 if unknown.
    """

    rate: float

    @abstractmethod
    def __init__(self, path: Path) -> None: ...

    @abstractmethod
    def __len__(self) -> int:
        """Number of frames."""

    @abstractmethod
    def frames(self, indices: Sequence[int]) -> list[Image]:
        """Frames by their indices, which may come in any order and more than once.

        Raises:
            Miscounted: If the video ends before one of them.
        """

    def close(self) -> None:  # noqa: B027 - not every reader needs it
        """Close the file."""


def check_sizes(frames: list[Image]) -> list[Image]:
    """The frames, if they have one size.

    Raises:
        ValueError: If they have several.

    Example:
        >>> len(check_sizes([np.zeros((4, 6, 3))] * 2))
        2
    """
    sizes = {frame.shape[1::-1] for frame in frames}
    if len(sizes) > 1:
        raise ValueError("the frames of a video must have one size: got "
                         + ", ".join(f"{width} x {height}" for width, height in sorted(sizes)))
    return frames
