"""Videos read with OpenCV."""
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..video_io import NoVideoError, UnreadableError, opened
from .video import Image, Video

if TYPE_CHECKING:
    import cv2


class OpenCVVideo(Video):
    """A video read with OpenCV.

    OpenCV seeks to wrong frames in some containers, and seeks slowly in others. Therefore frames are read forward from
    the start, and counted by reading all of them once.

    Raises:
        ValueError: If the file is not a video, the header promises more frames than there are, or the first video
            stream, which OpenCV reads, is not the one to show.
    """

    def __init__(self, path: Path) -> None:
        import cv2

        self._path = path
        _check_stream(path)
        video = self._open()
        self.rate = float(video.get(cv2.CAP_PROP_FPS))
        promised = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        self._length = 0
        while video.grab():
            self._length += 1
        if not self._length or self._length < promised:
            raise ValueError(f"the header promises {promised} frames: got {self._length}")

    def __len__(self) -> int:
        return self._length

    def frames(self, indices: Sequence[int]) -> list[Image]:
        """Frames by their indices."""
        import cv2

        wanted, found, video = {int(index) for index in indices}, {}, self._open()
        for number in range(max(wanted) + 1):
            read, image = video.read() if number in wanted else (video.grab(), None)
            if not read:
                raise ValueError(f"frame {number} cannot be read")
            if image is not None:
                found[number] = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        return [found[int(index)] for index in indices]

    def _open(self) -> "cv2.VideoCapture":
        import cv2

        video = cv2.VideoCapture(f"file:{self._path}", cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # not the default of OpenCV 4
        return video


def _check_stream(path: Path) -> None:
    try:
        with opened(path) as (container, stream):
            if stream.index != container.streams.video[0].index:
                raise ValueError(f"OpenCV reads the first video stream: the one to show is stream {stream.index}")
    except NoVideoError:
        raise
    except UnreadableError:  # OpenCV may know this kind of file
        return
