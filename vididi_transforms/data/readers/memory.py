"""Decoded frames in memory, for data sets that fit."""
from collections.abc import Callable, Sequence
from pathlib import Path

from ..video_io import UnreadableError
from .video import Image, Miscounted, Video, check_sizes


class Memory:
    """Keeps the frames of videos, as long as there is room.

    Each process that reads videos has its own.

    Args:
        gigabytes: largest size of all kept frames, in 10**9 bytes. 0: nothing is kept.
        log: called with one line when the first video is kept, and when one does not fit.

    Raises:
        ValueError: If the size is negative.
    """

    def __init__(self, gigabytes: float, log: Callable[[str], None]) -> None:
        if gigabytes < 0:
            raise ValueError(f"memory must be >= 0 gigabytes: got {gigabytes}")
        self._gigabytes, self._log = gigabytes, log
        self._room = int(gigabytes * 1e9)
        self._videos: dict[Path, Video] = {}

    def get(self, path: Path) -> Video | None:
        """The video, if it is kept."""
        return self._videos.get(path)

    def keep(self, path: Path, video: Video) -> Video:
        """Decode a whole video and keep it, if there is room and all frames can be decoded.

        Returns:
            The kept video; if it is not kept, an open video of the same file.
        """
        if not self._room:
            return video
        try:
            size = len(video) * video.frames([0])[0].nbytes
            if size > self._room:
                self._log(f"memory is full: {len(self._videos)} videos are kept, the others are read from their files")
                self._room = 0
                return video
            kept = _VideoInMemory(check_sizes(video.frames(range(len(video)))), video.rate)
        except (Miscounted, UnreadableError, ValueError):
            video.close()
            return type(video)(path)
        video.close()
        if not self._videos:
            self._log(f"decoded videos are kept in memory, up to {self._gigabytes:g} GB in each reading process")
        self._videos[path] = kept
        self._room -= size
        return kept


class _VideoInMemory(Video):
    """A video of decoded frames."""

    def __init__(self, images: list[Image], rate: float) -> None:
        self._images, self.rate = images, rate

    def __len__(self) -> int:
        return len(self._images)

    def frames(self, indices: Sequence[int]) -> list[Image]:
        """Frames by their indices; copies, so that transforms may change them."""
        return [self._images[index].copy() for index in indices]
