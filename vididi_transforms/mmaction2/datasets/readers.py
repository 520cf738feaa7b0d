"""Readers of a data pipeline: those of this package, or any two transforms that open a video and decode frames."""
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmengine.logging import print_log

from ...data.readers import READERS, Reader, Video
from ...data.readers.video import check_sizes

Results = dict[str, Any]
Config = dict[str, Any]
Transform = Callable[[Results], Results | None]


class FileReader:
    """Reads frames with a :class:`~vididi_transforms.data.readers.Reader`.

    Args:
        name, memory: as there.
    """

    def __init__(self, name: str, memory: float = 0) -> None:
        self._reader = Reader(name, partial(print_log, logger="current"), memory)

    def __call__(self, results: Results, sample: Transform) -> Results:
        """Add what the sampling adds, and ``imgs``."""
        sampled: Results = {}
        state = np.random.get_state()

        def choose(video: Video) -> list[int]:
            np.random.set_state(state)  # sampling again must not depend on the reader
            known = dict(avg_fps=video.rate) if video.rate else {}
            sampled.update(apply(sample, {**results, "total_frames": len(video), **known}))
            return np.asarray(sampled["frame_inds"]).ravel().tolist()

        images = self._reader.read(Path(results["filename"]), choose)
        shape = images[0].shape[:2]
        return {**sampled, "imgs": images, "original_shape": shape, "img_shape": shape}


class TransformReader:
    """Reads frames with two transforms.

    Args:
        init: config of the transform that opens a video and adds ``total_frames``. None if there is nothing to open,
            as for ``RawFrameDecode``.
        decode: config of the transform that reads the frames ``frame_inds`` and adds ``imgs``.
    """

    def __init__(self, init: Config | None, decode: Config) -> None:
        self._init = TRANSFORMS.build(init) if init else None
        self._decode = TRANSFORMS.build(decode)

    def __call__(self, results: Results, sample: Transform) -> Results:
        """Add what the sampling adds, and ``imgs``.

        Raises:
            ValueError: If the number of frames is not known, frames are missing, or they have several sizes.
        """
        results = apply(self._init, results) if self._init else results
        if results.get("total_frames", 1) < 1:
            raise ValueError(f"the header must give the number of frames: got total_frames={results['total_frames']}")
        results = apply(self._decode, apply(sample, results))
        expected = np.size(results["frame_inds"])
        decoded = sum(frame is not None for frame in results["imgs"])
        if decoded < expected:
            raise ValueError(f"{expected} frames were requested: got {decoded}")
        check_sizes(results["imgs"])
        return results


def build_reader(reader: str | Config, memory: float = 0) -> FileReader | TransformReader:
    """A reader by its name, or from the configs of its transforms.

    Raises:
        ValueError: If the name is not known, the dict has other keys than ``init`` and ``decode``, or it is to keep
            videos in memory.

    Example:
        >>> reader = build_reader('pyav')
        >>> reader = build_reader(dict(init=dict(type='PyAVInit'), decode=dict(type='PyAVDecode', mode='efficient')))
    """
    if isinstance(reader, str) and reader in READERS:
        return FileReader(reader, memory)
    if not isinstance(reader, dict) or reader.keys() != {"init", "decode"}:
        raise ValueError(f"reader must be one of {', '.join(READERS)}, or dict(init=..., decode=...): got {reader!r}")
    if memory:
        raise ValueError(f"only readers by name keep videos in memory: got memory={memory} and reader={reader!r}")
    return TransformReader(**reader)


def apply(transform: Transform, results: Results) -> Results:
    """Run a transform.

    Raises:
        ValueError: If it returns None.
    """
    returned = transform(results)
    if returned is None:
        raise ValueError(f"{type(transform).__name__} returned nothing")
    return returned
