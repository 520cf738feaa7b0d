"""Data pipeline: two clips of a video, each with its own augmentation by any stock sub-pipeline."""
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
    """Two clips of a video; stock ``SampleFrames`` with other starts.

    Args:
        clip_len: T, frames of a clip.
        frame_interval: frames of the video per frame step of the clip.
        mode: where the clips start. ``'independent'``: each anywhere (paper). ``'consecutive'``: the second where the
            first ends (authors' code). ``'halves'``: one in each half of the video (stock, with two clips).
        target_fps: as in ``SampleFrames``.

    A video shorter than a clip repeats its last sampled frame; none is dropped.

    Required keys: ``total_frames``, ``start_index``. Added keys: ``frame_inds`` (2 * T), ``clip_len``,
    ``frame_interval``, ``num_clips``.

    Raises:
        ValueError: ``mode`` is not known, a length is < 1, or the video has no frame.

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
        """Add the frames' indices."""
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
    """Runs a sub-pipeline of any stock transforms once per clip, each time with its own draw.

    Stock transforms draw one set of parameters per sample, which would augment all of a video's clips alike. With a
    :class:`KeyedSampler` the draws depend on (seed, epoch, sample, clip) only.

    Args:
        transforms: configs of transforms that act on ``imgs``; each must keep the number of frames.

    Required keys: ``imgs`` (a list of ``num_clips * clip_len`` frames), ``num_clips``, ``clip_len``. Modified keys:
    ``imgs``, and what the transforms change (of other keys the last clip's value stays).

    Raises:
        ValueError: the frames do not make ``num_clips`` clips, or a transform changed a clip's number of frames.

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
    """Notes which part of a retrieval experiment a video belongs to.

    Args:
        split: ``'gallery'`` or ``'query'``; goes to ``results['split']``.

    Raises:
        ValueError: ``split`` is something else.

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
