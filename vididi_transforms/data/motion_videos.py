"""A data set to try things on: real H.264 videos whose class is the motion of a shape, and nothing else.

The background is static and random; so are the shape's texture, size, place, angle and speed, the same for all classes.
What single frames show says next to nothing about the class, how they change does (the paper's thought experiment,
section 3.1).

    vididi motion-videos data/motion

writes ``train/*.mp4``, ``test/*.mp4`` and MMAction2's lists ``train.txt``, ``test.txt`` (``path label``).
"""
import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..pairs.keyed_random import keyed_generator
from .files import inside, write_text
from .video_io import X264


@dataclass(frozen=True)
class Pose:
    """Where a shape is, relative to its place; per frame, each ``[T]`` or a number.

    Args:
        x, y: offset, in half widths of the frame.
        angle: in radians.
        scale: of its size.
    """

    x: Tensor | float
    y: Tensor | float
    angle: Tensor | float
    scale: Tensor | float


def _rest(rng: np.random.Generator) -> Pose:
    """A resting shape, as one frame of a moving one may show it."""
    x, y = rng.uniform(-0.42, 0.42, 2)
    return Pose(x, y, angle=rng.uniform(0, 2 * math.pi), scale=1 + 0.4 * math.sin(rng.uniform(0, 2 * math.pi)))


def _zigzag(phase: Tensor) -> Tensor:
    return torch.asin(torch.sin(phase)) * (2 / math.pi)


MOTIONS: dict[str, Callable[[Tensor, Pose], Pose]] = {
    "slide-x": lambda phase, rest: replace(rest, x=0.42 * _zigzag(phase)),
    "slide-y": lambda phase, rest: replace(rest, y=0.42 * _zigzag(phase)),
    "circle": lambda phase, rest: replace(rest, x=0.42 * phase.cos(), y=0.42 * phase.sin()),
    "rotate": lambda phase, rest: replace(rest, angle=phase),
    "pulse": lambda phase, rest: replace(rest, scale=1 + 0.4 * phase.sin()),
    "shake-x": lambda phase, rest: replace(rest, x=rest.x + 0.12 * (3 * phase).sin()),
    "shake-y": lambda phase, rest: replace(rest, y=rest.y + 0.12 * (3 * phase).sin()),
    "tumble": lambda phase, rest: replace(rest, x=0.42 * phase.cos(), y=0.42 * phase.sin(), angle=2 * phase),
}
"""The classes: from the phase of the motion, ``[T]`` in radians, and the pose at rest to the pose in each frame."""

SPLITS = ("train", "test")
# With its assembly code libx264 writes other bytes each time (PyAV 18.1, x264 165, Xeon).
REPEATABLE = {**X264, "x264-params": "asm=0"}
_NAME = re.compile(rf"(?P<split>{'|'.join(SPLITS)})/(?P<motion>{'|'.join(MOTIONS)})_(?P<index>\d+)\.mp4$")


def render(motion: str, rng: np.random.Generator, frames: int = 40, size: int = 64) -> tuple[Tensor, Tensor]:
    """One video and the place of its shape.

    Args:
        motion: a name in :data:`MOTIONS`.
        rng: draws everything else.
        frames: T.
        size: H = W, in pixels.

    Returns:
        Video ``[T, 3, H, W]`` in [0, 1]; mask of the moving shape ``[T, 1, H, W]`` in [0, 1].

    Raises:
        ValueError: there is no motion of that name.

    Example:
        >>> video, mask = render("rotate", np.random.default_rng(0), frames=4, size=32)
        >>> video.shape, mask.shape
        (torch.Size([4, 3, 32, 32]), torch.Size([4, 1, 32, 32]))

    Source: paper section 3.1.
    """
    if motion not in MOTIONS:
        raise ValueError(f"motion must be one of {', '.join(MOTIONS)}: got {motion!r}")
    speed = 2 * math.pi / 20 * rng.uniform(0.8, 1.25)  # radians a frame: a period of about 20 frames
    pose = MOTIONS[motion](rng.uniform(0, 2 * math.pi) + speed * torch.arange(frames), _rest(rng))
    place, radius = rng.uniform(-0.25, 0.25, 2), rng.uniform(0.32, 0.44)
    roundness = rng.choice([2.0, 8.0])  # an ellipse or nearly a rectangle
    background, texture = _texture(rng, cells=6, size=size), _texture(rng, cells=4, size=size)
    u, v = _shape_coordinates(pose, place, radius, frames, size)
    inside = 1 - (u.abs() ** roundness + (2 * v.abs()) ** roundness) ** (1 / roundness)
    mask = torch.sigmoid(inside * radius * size)[:, None]  # an edge about one pixel wide
    grid = torch.stack((u, v), dim=-1)
    shape = F.grid_sample(texture.expand(frames, -1, -1, -1), grid, padding_mode="reflection", align_corners=False)
    return background * (1 - mask) + shape * mask, mask


def _shape_coordinates(pose: Pose, place: np.ndarray, radius: float, frames: int, size: int) -> tuple[Tensor, Tensor]:
    """Each pixel's place as the shape sees it, ``[T, H, W]``; |u| < 1, |v| < 1/2 is inside."""
    axis = (torch.arange(size) + 0.5) / size * 2 - 1
    x, y, angle, scale = (torch.as_tensor(value).expand(frames)[:, None, None]
                          for value in (pose.x, pose.y, pose.angle, pose.scale))
    dx, dy = axis[None, None, :] - place[0] - x, axis[None, :, None] - place[1] - y
    u = (dx * torch.cos(angle) + dy * torch.sin(angle)) / (radius * scale)
    v = (dy * torch.cos(angle) - dx * torch.sin(angle)) / (radius * scale)
    return u.float(), v.float()


def _texture(rng: np.random.Generator, cells: int, size: int) -> Tensor:
    """Smooth random colours, ``[1, 3, H, W]``."""
    noise = torch.from_numpy(rng.random((1, 3, cells, cells), dtype=np.float32))
    return F.interpolate(noise, size=(size, size), mode="bicubic", align_corners=False).clamp(0, 1)


def encode(video: Tensor, path: Path, fps: int = 20) -> None:
    """Write a video as H.264; with the same libx264 the same video gives the same file, which appears when it is whole.

    Args:
        video: ``[T, 3, H, W]`` in [0, 1], H and W even.
        path: ends in ``.mp4``.
        fps: frames per second.

    Raises:
        ValueError: H or W is odd.
    """
    if video.shape[-1] % 2 or video.shape[-2] % 2:
        raise ValueError(f"H.264 needs an even height and width: got {tuple(video.shape[-2:])}")
    import av

    part = path.with_suffix(".part.mp4")
    part.unlink(missing_ok=True)  # a link that was left there is not followed
    with av.open(str(part), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=REPEATABLE)
        stream.height, stream.width = video.shape[-2:]
        stream.pix_fmt = "yuv420p"
        for frame in (video * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    part.replace(path)


def write_dataset(out: str | Path, train: int = 480, test: int = 160, size: int = 64, frames: int = 40,
                  classes: Sequence[str] = tuple(MOTIONS), seed: int = 0) -> None:
    """Write videos and their lists; the same arguments write the same files on the same machine.

    Args:
        out: folder to write to.
        train, test: number of videos, spread evenly over the classes; the two share no video.
        size: H = W in pixels, even.
        frames: T of each video.
        classes: names in :data:`MOTIONS`; their order gives the labels.
        seed: 0 <= seed < 2**64.

    Raises:
        ValueError: a class is not known, ``size`` is odd, or a number is less than 1.
    """
    _check(train, test, size, frames, classes)
    from tqdm import tqdm

    for split, videos in zip(SPLITS, (train, test), strict=True):
        folder = inside(Path(out), split)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for index in tqdm(range(videos), desc=f"{folder} (H.264)", unit="video"):
            label = index % len(classes)
            path = folder / f"{classes[label]}_{index:05d}.mp4"
            encode(render(classes[label], _generator(seed, split, index), frames, size)[0], path)
            lines.append(f"{split}/{path.name} {label}\n")
        write_text(Path(out, f"{split}.txt"), "".join(lines))


def is_motion_video(path: str | Path) -> bool:
    """Whether a file has a name as :func:`write_dataset` gives them.

    Example:
        >>> is_motion_video("data/motion/test/slide-x_00008.mp4"), is_motion_video("v_Archery_g01_c01.avi")
        (True, False)
    """
    return _NAME.search(Path(path).as_posix()) is not None


def render_again(path: str | Path, frames: int = 40, size: int = 64, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What a file of :func:`write_dataset` was encoded from, and the mask of its shape, which no file holds.

    Args:
        path: of the file; split, class and number are in its name, and it is not read.
        frames, size, seed: as the data set was written.

    Returns:
        As :func:`render`.

    Raises:
        ValueError: the name is no motion video's.

    Example:
        >>> video, mask = render_again("data/motion/test/slide-x_00008.mp4", frames=4, size=32)
        >>> mask.shape
        torch.Size([4, 1, 32, 32])
    """
    name = _NAME.search(Path(path).as_posix())
    if name is None:
        raise ValueError(f"motion videos are named like test/slide-x_00008.mp4: got {str(path)!r}")
    return render(name["motion"], _generator(seed, name["split"], int(name["index"])), frames, size)


def _generator(seed: int, split: str, index: int) -> np.random.Generator:
    return keyed_generator("motion_videos", seed, SPLITS.index(split), index)


def _check(train: int, test: int, size: int, frames: int, classes: Sequence[str]) -> None:
    unknown = [name for name in classes if name not in MOTIONS]
    if unknown or not classes:
        raise ValueError(f"classes must be some of {', '.join(MOTIONS)}: got {', '.join(unknown) or 'none'}")
    if min(train, test, frames, size) < 1 or size % 2:
        raise ValueError("numbers must be >= 1 and size even (H.264): got "
                         f"train={train}, test={test}, frames={frames}, size={size}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi motion-videos``."""
    parser.add_argument("out", help="folder to write to")
    for name, default, text in (("train", 480, "training videos"), ("test", 160, "test videos"),
                                ("size", 64, "height and width in pixels"), ("frames", 40, "frames per video"),
                                ("seed", 0, "of everything random")):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} (default: %(default)s)")
    parser.add_argument("--classes", nargs="+", default=list(MOTIONS), metavar="CLASS",
                        help=f"some of: {', '.join(MOTIONS)} (default: all)")


def run(args: argparse.Namespace) -> None:
    """Write the dataset."""
    write_dataset(args.out, args.train, args.test, args.size, args.frames, args.classes, args.seed)
    print(f"Written: {args.out}\nNext: vididi demo, or mim train with {args.out}/train.txt as the annotation file")
