"""Reading a video in a data pipeline."""
from typing import Any

from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .readers import Config, Results, apply, build_reader


class VideoReadError(RuntimeError):
    """A video could not be read; the message names it."""


@TRANSFORMS.register_module()
class ReadVideo(BaseTransform):
    """Opens a video, samples frame indices and decodes these frames.

    Stock readers return wrong frames of some broken videos without an error; here they are errors
    (``docs/bad_videos.md``).

    Args:
        sample: config of the transform that adds ``frame_inds``: ``SampleClipPair``, or stock ``SampleFrames``.
        reader: ``'decord'``, ``'pyav'`` or ``'opencv'``. To set their options or use another reader, give
            ``dict(init=..., decode=...)``: configs of the transforms that open a video and decode its frames.

    Raises:
        VideoReadError: If the file is missing or broken, its header does not give the number of frames, it ends
            before a sampled frame, or its frames have several sizes.
        ValueError: If ``reader`` is not known.

    Example (config):
        ``dict(type='ReadVideo', sample=dict(type='SampleClipPair', clip_len=8, frame_interval=3), reader='pyav')``
    """

    def __init__(self, sample: Config, reader: str | Config = "decord") -> None:
        self.sample = TRANSFORMS.build(sample)
        self.reader = build_reader(reader)

    def transform(self, results: Results) -> Results:
        """Add ``imgs``, and what the sampling adds."""
        try:
            return self.reader.decode(apply(self.sample, self.reader.open(results)))
        except (KeyError, TypeError):  # a fault of the config, not of the video
            raise
        except Exception as error:
            name: Any = results.get("filename", results.get("frame_dir"))
            raise VideoReadError(f"cannot read video {name!r}: {type(error).__name__}: {error}") from error
