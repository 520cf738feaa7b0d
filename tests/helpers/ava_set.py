"""A tiny dataset in AVA's format: each video shows four moving shapes.

The motion of a shape is its action.

The four shapes of a video have different actions, so only the features of a shape's own box tell its action.
"""
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from vididi_transforms.data.motions import MOTIONS, render
from vididi_transforms.pairs.keyed_random import keyed_generator

FPS, START, END = 30, 900, 902  # seconds of the movie that a folder of frames covers
KEYFRAME = 901  # the annotated second
FILES = {
    "actions": "ava_action_list_v2.1_for_activitynet_2018.pbtxt",
    "boxes": "ava_{}_v2.1.csv",
    "excluded": "ava_{}_excluded_timestamps_v2.1.csv",
    "proposals": "ava_dense_proposals_{}.FAIR.recall_93.9.pkl",
}


def write_ava_set(out: str | Path, train: int, val: int, size: int = 48, classes: Sequence[str] = tuple(MOTIONS),
                  seed: int = 0) -> None:
    """Write ``rawframes`` and ``annotations`` as MMAction2's configs expect them.

    Args:
        out: the folder that the configs call ``data/ava``.
        train, val: number of videos, each with four shapes.
        size: height and width of the quarter of the frame that belongs to one shape, in pixels.
        classes: names in ``MOTIONS``; the first is action 1.
        seed: seed of all random values.
    """
    annotations = Path(out, "annotations")
    annotations.mkdir(parents=True)
    items = (f'item {{\n  name: "{name}"\n  id: {number}\n}}\n' for number, name in enumerate(classes, start=1))
    (annotations / FILES["actions"]).write_text("".join(items))
    for number, (split, videos) in enumerate((("train", train), ("val", val))):
        rows, proposals = [], {}
        actions = keyed_generator("ava_set", seed, number).permutation(np.arange(4 * videos) % len(classes))
        for index, four in enumerate(actions.reshape(videos, 4)):
            video, rng = f"{split}_{index:03d}", keyed_generator("ava_set", seed, number, 1, index)
            boxes = np.stack(list(_write_frames(Path(out, "rawframes", video), four, classes, size, rng)))
            rows += [f"{video},{KEYFRAME:04d},{','.join(f'{x:.3f}' for x in box)},{action + 1},{person}\n"
                     for person, (box, action) in enumerate(zip(boxes, four, strict=True))]
            proposals[f"{video},{KEYFRAME:04d}"] = _proposals(boxes, rng)
        (annotations / FILES["boxes"].format(split)).write_text("".join(rows))
        (annotations / FILES["excluded"].format(split)).write_text(f"{split}_000,{START:04d}\n")
        (annotations / FILES["proposals"].format(split)).write_bytes(pickle.dumps(proposals))


def _write_frames(folder: Path, actions: np.ndarray, classes: Sequence[str], size: int,
                  rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Write ``img_00001.jpg`` and so on; yield the box of each shape.

    Boxes are x1, y1, x2, y2 in [0, 1], at ``KEYFRAME``.
    """
    four = [render(classes[action], rng, FPS * (END - START), size) for action in actions]
    rows = [torch.cat([video for video, _ in four[row:row + 2]], dim=-1) for row in (0, 2)]
    frames = (torch.cat(rows, dim=-2) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames, start=1):
        cv2.imwrite(str(folder / f"img_{number:05}.jpg"), frame[..., ::-1])
    for place, (_, mask) in enumerate(four):
        y, x = np.nonzero(mask[FPS * (KEYFRAME - START), 0].numpy() > 0.5)
        corners = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]) + size * np.array([place % 2, place // 2] * 2)
        yield corners / (2 * size)


def _proposals(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Boxes and scores ``[N, 5]``.

    Each true box, slightly moved, has the score 0.99; as many random ones have 0.3.
    """
    near = (boxes + rng.uniform(-0.01, 0.01, boxes.shape)).clip(0, 1)
    corners = rng.uniform(0, 0.7, (len(boxes), 2))
    scores = np.repeat([0.99, 0.3], len(boxes))[:, None]
    return np.hstack((np.vstack((near, np.hstack((corners, corners + 0.3)))), scores))
