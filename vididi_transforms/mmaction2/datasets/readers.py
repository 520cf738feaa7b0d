"""Video readers Decord, PyAV and OpenCV, with checks of the returned frames.

To add a reader, subclass :class:`Reader`, name its two transforms, and add a row to :data:`READERS`.
"""
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS

Results = dict[str, Any]
Config = dict[str, Any]
Transform = Callable[[Results], Results | None]


class Reader:
    """Opens a video and decodes frames; missing frames or mixed sizes are errors.

    Args:
        init: transform that opens a video and adds ``total_frames`` and ``video_reader``. None if there is nothing to
            open, as with ``RawFrameDecode``.
        decode: transform that reads the frames ``frame_inds`` and adds ``imgs``.
    """

    INIT: str
    DECODE: str

    def __init__(self, init: Transform | None, decode: Transform) -> None:
        self._init, self._decode = init, decode

    def open(self, results: Results) -> Results:
        """Add ``total_frames`` and ``video_reader``.

        Raises:
            ValueError: If the header does not give the number of frames.
        """
        results = apply(self._init, results) if self._init else results
        if results.get("total_frames", 1) < 1:
            raise ValueError("the header must give the number of frames: got "
                             f"total_frames={results['total_frames']} (reader='decord' counts them)")
        return results

    def decode(self, results: Results) -> Results:
        """Add ``imgs``, one frame per index in ``frame_inds``.

        Raises:
            ValueError: If frames are missing, or have several sizes.
        """
        results = apply(self._decode, results)
        expected = np.size(results["frame_inds"])
        decoded = sum(frame is not None for frame in results["imgs"])
        if decoded < expected:
            raise ValueError(f"{expected} frames were requested: got {decoded}")
        sizes = {frame.shape[1::-1] for frame in results["imgs"]}
        if len(sizes) > 1:
            raise ValueError("the frames of a video must have one size: got "
                             + ", ".join(f"{width} x {height}" for width, height in sorted(sizes)))
        return results


class DecordReader(Reader):
    """Decord, which miscounts where an edit list hides frames.

    It counts the hidden frames too, and then returns other frames in their place.
    """

    INIT, DECODE = "DecordInit", "DecordDecode"

    def open(self, results: Results) -> Results:
        """Refuse a video with hidden frames."""
        results = super().open(results)
        first = results["video_reader"].get_frame_timestamp(0)[0]
        if first < 0:
            raise ValueError(f"Decord counts hidden frames: the first is at {first:.2f} seconds")
        return results


class PyAVReader(Reader):
    """PyAV, whose stock transform misreads videos that end too early.

    It starts again at the first frame.
    """

    INIT, DECODE = "PyAVInit", "PyAVDecode"

    def open(self, results: Results) -> Results:
        """Wrap the container."""
        results = super().open(results)
        return {**results, "video_reader": CountingContainer(results["video_reader"])}

    def decode(self, results: Results) -> Results:
        """Refuse a video that ended before the last sampled frame."""
        container = results["video_reader"]
        results = super().decode(results)
        if container.ended and container.frames <= np.max(results["frame_inds"]):
            raise ValueError(f"the header promises {results['total_frames']} frames: got {container.frames}")
        return results


class CountingContainer:
    """A PyAV container that counts the frames it decodes."""

    def __init__(self, container: Any) -> None:
        self._container = container
        self.frames = 0
        self.ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def decode(self, *streams: Any, **kinds: Any) -> Iterator[Any]:
        """Yield the container's frames."""
        for frame in self._container.decode(*streams, **kinds):
            self.frames += 1
            yield frame
        self.ended = True


class OpenCVReader(Reader):
    """OpenCV, whose stock transform replaces an unreadable frame by an earlier one."""

    INIT, DECODE = "OpenCVInit", "OpenCVDecode"

    def open(self, results: Results) -> Results:
        """Wrap the video."""
        results = super().open(results)
        return {**results, "video_reader": StrictVideo(results["video_reader"])}


class StrictVideo:
    """An ``mmcv.VideoReader`` in which a frame that cannot be read is an error."""

    def __init__(self, video: Any) -> None:
        self._video = video

    def __getitem__(self, index: int) -> np.ndarray:
        frame = self._video[index]
        if frame is None:
            raise ValueError(f"the header promises {len(self._video)} frames: frame {index} cannot be read")
        return frame


READERS: dict[str, type[Reader]] = {"decord": DecordReader, "pyav": PyAVReader, "opencv": OpenCVReader}


def build_reader(reader: str | Config) -> Reader:
    """A reader by its name in :data:`READERS`, or from configs of its transforms.

    The checks of a row in :data:`READERS` also apply to configs with its ``init`` transform.

    Raises:
        ValueError: If the name is not known, or the dict has other keys than ``init`` and ``decode``.

    Example:
        >>> type(build_reader('pyav')).__name__
        'PyAVReader'
        >>> reader = dict(init=dict(type='PyAVInit'), decode=dict(type='PyAVDecode', mode='efficient'))
        >>> type(build_reader(reader)).__name__
        'PyAVReader'
    """
    if isinstance(reader, str) and reader in READERS:
        reader = dict(init=dict(type=READERS[reader].INIT), decode=dict(type=READERS[reader].DECODE))
    if not isinstance(reader, dict) or reader.keys() != {"init", "decode"}:
        raise ValueError(f"reader must be one of {', '.join(READERS)}, or dict(init=..., decode=...): got {reader!r}")
    init = TRANSFORMS.build(reader["init"]) if reader["init"] else None
    by_init = {row.INIT: row for row in READERS.values()}
    return by_init.get(type(init).__name__, Reader)(init, TRANSFORMS.build(reader["decode"]))


def apply(transform: Transform, results: Results) -> Results:
    """Run a transform.

    Raises:
        ValueError: If it returns None.
    """
    returned = transform(results)
    if returned is None:
        raise ValueError(f"{type(transform).__name__} returned nothing")
    return returned
