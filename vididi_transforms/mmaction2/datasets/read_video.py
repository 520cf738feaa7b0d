"""Reading a video with the stock readers; what they return of a broken one without an error is an error here."""
from collections.abc import Iterator
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

Results = dict[str, Any]


class VideoReadError(RuntimeError):
    """A video could not be read; the message names it."""


@TRANSFORMS.register_module()
class ReadVideo(BaseTransform):
    """Runs the transforms that open, sample and decode a video; if one fails, the error names the video.

    Stock readers return some broken videos without an error; they are errors here (``docs/bad_videos.md``).

    Args:
        transforms: configs of transforms, e.g. ``DecordInit``, ``SampleClipPair``, ``DecordDecode``.

    Raises:
        VideoReadError: a transform failed: the file is missing, broken, or has no frame. Or the header does not say how
            many frames there are, the video ends before the frames that were asked for, or its frames have several
            sizes.

    Example (config):
        ``dict(type='ReadVideo', transforms=[dict(type='DecordInit'), dict(type='SampleClipPair', clip_len=8),
        dict(type='DecordDecode')])``
    """

    def __init__(self, transforms: list[dict[str, Any]]) -> None:
        self.transforms = Compose(transforms)

    def transform(self, results: Results) -> Results:
        """Add what the transforms add."""
        try:
            return self._read(results)
        except (KeyError, TypeError):  # the config's fault, not the video's
            raise
        except Exception as error:
            raise VideoReadError(f"cannot read video {results.get('filename', results.get('frame_dir'))!r}: "
                                 f"{type(error).__name__}: {error}") from error

    def _read(self, results: Results) -> Results:
        reader = None
        for transform in self.transforms.transforms:
            results = transform(results)
            if results is None:
                raise ValueError(f"{type(transform).__name__} returned nothing")
            reader = checked_reader(results) or reader
        check_frames(results, reader)
        return results


class CountingContainer:
    """A PyAV container that counts the frames that it decodes.

    Stock ``PyAVDecode`` begins anew at the first frame where a video ends before the frames that were asked for.
    """

    def __init__(self, container: Any) -> None:
        self._container = container
        self.frames = 0
        self.ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def decode(self, *streams: Any, **kinds: Any) -> Iterator[Any]:
        """As the container does."""
        for frame in self._container.decode(*streams, **kinds):
            self.frames += 1
            yield frame
        self.ended = True


def checked_reader(results: Results) -> Any:
    """The reader of a video that has been opened, if any; a PyAV container is replaced by one that counts.

    Raises:
        ValueError: the header does not say how many frames there are, or Decord counts frames that it does not show
            (hidden by an edit list, or without a time): which one it returns depends on the one before.
    """
    if results.get("total_frames", 1) < 1:
        raise ValueError(f"the header must say how many frames there are: got total_frames={results['total_frames']} "
                         "(DecordInit counts them)")
    reader: Any = results.get("video_reader")
    if type(reader).__module__.startswith("av.container"):
        reader = results["video_reader"] = CountingContainer(reader)
    if type(reader).__module__ == "decord.video_reader" and (first := reader.get_frame_timestamp(0)[0]) < 0:
        raise ValueError(f"Decord counts frames that it does not show: the first is at {first:.2f} seconds")
    return reader


def check_frames(results: Results, reader: Any) -> None:
    """That all frames that were asked for have been decoded, with one size.

    Raises:
        ValueError: they have not.
    """
    frames, indices = results.get("imgs"), results.get("frame_inds")
    if frames is None or indices is None:
        return
    decoded = sum(frame is not None for frame in frames)
    if decoded < np.size(indices):
        raise ValueError(f"{np.size(indices)} frames were asked for: got {decoded}")
    if isinstance(reader, CountingContainer) and reader.ended and reader.frames <= np.max(indices):
        raise ValueError(f"the header promises {results['total_frames']} frames: got {reader.frames}")
    sizes = {frame.shape[1::-1] for frame in frames}
    if len(sizes) > 1:
        raise ValueError("the frames of a video must have one size: got "
                         + ", ".join(f"{width} x {height}" for width, height in sorted(sizes)))
