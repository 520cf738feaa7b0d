"""Read frames of videos: PyAV and OpenCV behind one interface.

A reader returns the frames that decoding the whole file shows, upright, in RGB. If it cannot open a file, the other one
reads it (:class:`Reader`). Decord is not among them, because it returns wrong frames without an error, such as those of
open groups of pictures (``docs/bad_videos.md``).
"""
from .reader import READERS as READERS
from .reader import Reader as Reader
from .video import Miscounted as Miscounted
from .video import Video as Video
