"""Reading a video in a data pipeline."""
from typing import Any

from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .readers import Config, Results, build_reader


class VideoReadError(RuntimeError):
    """A video could not be read; the message names it."""


@TRANSFORMS.register_module()
class ReadVideo(BaseTransform):
    """Opens a video, samples frame indices and decodes these frames.

    The readers return the same frames, upright, and give way to one another where one cannot read a file
    (``docs/bad_videos.md``).

    Args:
        sample: config of the transform that adds ``frame_inds``: ``SampleClipPair``, or stock ``SampleFrames``.
        reader: ``'pyav'`` or ``'opencv'``. To use other transforms, give ``dict(init=..., decode=...)``: configs of
            those that open a video and decode its frames.
        memory: decoded videos of at most this many gigabytes are kept in memory, in each process that reads videos.
            For small data sets.

    Raises:
        VideoReadError: If the file is missing or broken, or its frames have several sizes.
        ValueError: If ``reader`` is not known, or ``memory`` is negative.

    Example (config):
        ``dict(type='ReadVideo', sample=dict(type='SampleClipPair', clip_len=8, frame_interval=3), reader='pyav')``
    """

    def __init__(self, sample: Config, reader: str | Config = "pyav", memory: float = 0) -> None:
        self.sample = TRANSFORMS.build(sample)
        self.reader = build_reader(reader, memory)

    def transform(self, results: Results) -> Results:
        """Add ``imgs``, and what the sampling adds."""
        try:
            return self.reader(results, self.sample)
        except (KeyError, TypeError):  # a fault of the config, not of the video
            raise
        except Exception as error:
            name: Any = results.get("filename", results.get("frame_dir"))
            raise VideoReadError(f"cannot read video {name!r}: {type(error).__name__}: {error}") from error
