"""Read frames of videos: PyAV and OpenCV behind one interface.

A reader returns the frames that decoding the whole file shows, upright, in RGB. Where it cannot, it gives way to
the other one (:class:`Reader`). Decord is not among them: it returns other frames than asked for, without an error,
where groups of pictures are open (``docs/bad_videos.md``).
"""
from .reader import READERS as READERS
from .reader import Reader as Reader
from .video import Miscounted as Miscounted
from .video import Video as Video
