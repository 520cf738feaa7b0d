"""Pipeline transforms for two clips of a video, and for retrieval tests."""
from typing import Any

import numpy as np
from mmaction.datasets.transforms import SampleFrames
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from .samplers import seed_by_sample

Results = dict[str, Any]


@TRANSFORMS.register_module()
class SampleClipPair(SampleFrames):
    """Samples the frames of two clips, with a choice of where the clips start.

    If a video is shorter than a clip, the last sampled frame is repeated.

    Args:
        clip_len: frames per clip, T.
        frame_interval: step between two frames of a clip, in frames of the video.
        mode: where the clips start. ``'independent'``: each anywhere (paper). ``'consecutive'``: the second where the
            first ends (authors' code). ``'halves'``: one in each half of the video (stock ``SampleFrames``).
        target_fps: frame rate to sample at, in frames per second; see ``SampleFrames``.

    Required keys: ``total_frames``, ``start_index``. Added keys: ``frame_inds`` (2 * T), ``clip_len``,
    ``frame_interval``, ``num_clips``.

    Raises:
        ValueError: If ``mode`` is not known, ``clip_len`` or ``frame_interval`` is < 1, or a video has no frame.

    Example (config):
        ``dict(type='SampleClipPair', clip_len=8, frame_interval=3, mode='independent')``

    Source: paper section 3.2 ("randomly cropping two clips"), appendix B.3 (T = 8, every 3rd frame).
    """

    MODES = ("independent", "consecutive", "halves")

    def __init__(self, clip_len: int, frame_interval: int = 1, mode: str = "independent",
                 target_fps: int | None = None) -> None:
        if mode not in self.MODES:
            raise ValueError(f"mode must be one of {', '.join(self.MODES)}: got {mode!r}")
        if clip_len < 1 or frame_interval < 1:
            raise ValueError(f"clip_len and frame_interval must be >= 1: got {clip_len} and {frame_interval}")
        super().__init__(clip_len, frame_interval, num_clips=2, out_of_bound_opt="repeat_last", target_fps=target_fps)
        self.mode = mode

    def transform(self, results: Results) -> Results:
        """Add ``frame_inds``."""
        if results["total_frames"] < 1:
            raise ValueError(f"a video needs at least one frame: got total_frames={results['total_frames']}")
        with seed_by_sample(results, "SampleClipPair"):
            return super().transform(results)

    def _get_train_clips(self, num_frames: int, ori_clip_len: float) -> np.ndarray:
        length = int(ori_clip_len)
        last_start = max(num_frames - length, 0)
        if self.mode == "independent":
            return np.random.randint(last_start + 1, size=2)
        if self.mode == "consecutive":
            first = np.random.randint(max(num_frames - 2 * length, 0) + 1)
            return np.array([first, min(first + length, last_start)])
        return super()._get_train_clips(num_frames, ori_clip_len)


@TRANSFORMS.register_module()
class PerClip(BaseTransform):
    """Runs transforms once per clip, so that each clip gets its own random parameters.

    Stock transforms sample their parameters once per sample, which would augment all clips of a video alike. With a
    :class:`KeyedSampler` the parameters depend on seed, epoch, sample and clip only.

    Args:
        transforms: configs of transforms that act on ``imgs``; each must keep the number of frames.

    Required keys: ``imgs`` (a list of ``num_clips * clip_len`` frames), ``num_clips``, ``clip_len``. Modified keys:
    ``imgs``, and other keys that the transforms change, with the value of the last clip.

    Raises:
        ValueError: If the number of frames is not ``num_clips * clip_len``, or a transform changes it.

    Example (config):
        ``dict(type='PerClip', transforms=[dict(type='RandomResizedCrop'), dict(type='ClipColorJitter')])``

    Source: paper appendix B.1, "clipwise spatial augmentations".
    """

    def __init__(self, transforms: list[dict[str, Any]]) -> None:
        self.transforms = Compose(transforms)

    def transform(self, results: Results) -> Results:
        """Augment each clip of ``imgs``."""
        frames, length = results["imgs"], results["clip_len"]
        if len(frames) != results["num_clips"] * length:
            raise ValueError(f"PerClip needs num_clips * clip_len frames: got {len(frames)} for "
                             f"{results['num_clips']} clips of {length}")
        joined: list[np.ndarray] = []
        for view in range(results["num_clips"]):
            clip = {**results, "imgs": frames[view * length:(view + 1) * length], "num_clips": 1}
            with seed_by_sample(results, "PerClip", view):
                clip = self.transforms(clip)
            if len(clip["imgs"]) != length:
                raise ValueError(f"a transform in PerClip must keep the number of frames: {length} became "
                                 f"{len(clip['imgs'])}")
            joined += list(clip["imgs"])
        return {**clip, "imgs": joined, "num_clips": results["num_clips"]}


@TRANSFORMS.register_module()
class SetRetrievalSplit(BaseTransform):
    """Marks a video as part of the gallery or as a query of a retrieval test.

    Args:
        split: ``'gallery'`` or ``'query'``, stored as ``results['split']``.

    Raises:
        ValueError: If ``split`` is neither.

    Example (config):
        ``dict(type='SetRetrievalSplit', split='gallery')``
    """

    def __init__(self, split: str) -> None:
        if split not in ("gallery", "query"):
            raise ValueError(f"split must be 'gallery' or 'query': got {split!r}")
        self.split = split

    def transform(self, results: Results) -> Results:
        """Add ``split``."""
        return {**results, "split": self.split}
