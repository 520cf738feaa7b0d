"""Reads files of all kinds: if one reader cannot open a file, another one does."""
import stat
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from .memory import Memory
from .opencv import OpenCVVideo
from .pyav import PyAVVideo
from .video import Image, Miscounted, Video, check_sizes

READERS: dict[str, type[Video]] = {"pyav": PyAVVideo, "opencv": OpenCVVideo}
PACKAGES = {"pyav": ("av",), "opencv": ("cv2", "av")}
"""Packages that each reader needs; PyAV tells OpenCV's reader which stream is to be shown."""


class Reader:
    """Reads frames of videos.

    If the chosen reader cannot open a file, the other one reads it. PyAV also takes over if OpenCV cannot read a frame.
    The choice is remembered for each file.

    Args:
        name: ``'pyav'`` or ``'opencv'``.
        log: called with a line for each file that is read by another reader.
        memory: decoded videos of at most this many gigabytes are kept, see :class:`Memory`.

    Raises:
        ValueError: If the name is not known, or the memory is negative.
        ModuleNotFoundError: If the reader is not installed.

    Example:
        >>> Reader("opencv").names
        ['opencv', 'pyav']
    """

    def __init__(self, name: str = "pyav", log: Callable[[str], None] = print, memory: float = 0) -> None:
        if name not in READERS:
            raise ValueError(f"reader must be one of {', '.join(READERS)}: got {name!r}")
        if missing := _missing(name):
            raise ModuleNotFoundError(f"the reader {name!r} needs the package {missing[0]!r}", name=missing[0])
        self.names = [name, *(other for other in READERS if other != name and not _missing(other))]
        self._log, self._memory = log, Memory(memory, log)
        self._chosen: dict[Path, str] = {}

    def read(self, path: Path, choose: Callable[[Video], Sequence[int]]) -> list[Image]:
        """Frames of a video, ``[H, W, 3]`` each.

        Args:
            path: the file.
            choose: returns the indices of the frames; it is called again if the video turns out to be shorter.

        Raises:
            OSError: If there is no such file, or it is not a regular one.
            ValueError: If the frames have several sizes.
            Exception: Whatever the reader raises for a broken file.
        """
        check_file(path)
        video = self._memory.get(path) or self._memory.keep(path, self._open(path))
        try:
            return check_sizes(self._frames(path, video, choose))
        finally:
            video.close()

    def _frames(self, path: Path, video: Video, choose: Callable[[Video], Sequence[int]]) -> list[Image]:
        indices = choose(video)
        try:
            return video.frames(indices)
        except Miscounted:
            return video.frames(choose(video))
        except Exception as error:
            if isinstance(video, PyAVVideo):
                raise
            self._give_way(path, "pyav", error)
        return self.read(path, choose)

    def _open(self, path: Path) -> Video:
        """Open a file with the reader chosen for it, or with the first that can."""
        errors: list[Exception] = []
        for name in [self._chosen[path]] if path in self._chosen else self.names:
            try:
                video = READERS[name](path)
            except Exception as error:
                errors.append(error)
                continue
            if errors:
                self._give_way(path, name, errors[0])
            return video
        raise errors[0]

    def _give_way(self, path: Path, name: str, error: Exception) -> None:
        self._chosen[path] = name
        reason = str(error).splitlines()[0] if str(error) else ""
        self._log(f"{path} is read with {name}, because of {type(error).__name__}: {reason}")


def _missing(name: str) -> list[str]:
    return [package for package in PACKAGES[name] if not find_spec(package)]


def check_file(path: Path) -> None:
    """Raise unless a path is a regular file that may be read; opening a named pipe would block.

    Raises:
        OSError: If it is not.
    """
    if path.exists() and not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"a video must be a regular file: got {path}")
    path.open("rb").close()
