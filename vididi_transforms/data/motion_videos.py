"""Generate a small dataset of H.264 videos whose classes are motions.

    vididi motion-videos data/motion

writes train/*.mp4 and test/*.mp4, and MMAction2's annotation lists train.txt and test.txt (lines "path label"). The
class of a video is the motion of a shape; background and texture are random.
"""
import argparse
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from torch import Tensor

from ..pairs.keyed_random import keyed_generator
from .files import inside, write_text
from .motions import MOTIONS, render
from .next_steps import train_command
from .number_options import add_numbers
from .video_io import write_h264

CONFIG = "vididi-vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py"
SPLITS = ("train", "test")
_NAME = re.compile(rf"(?P<split>{'|'.join(SPLITS)})/(?P<motion>{'|'.join(MOTIONS)})_(?P<index>\d+)\.mp4$")


def encode(video: Tensor, path: Path, fps: int = 20) -> None:
    """Write a video as H.264, atomically.

    With the same libx264, the same video gives the same file.

    Args:
        video: ``[T, 3, H, W]`` in [0, 1], H and W even.
        path: the file, ``.mp4``.
        fps: frames per second.

    Raises:
        ValueError: If H or W is odd.
    """
    if video.shape[-1] % 2 or video.shape[-2] % 2:
        raise ValueError(f"H.264 needs an even height and width: got {tuple(video.shape[-2:])}")
    import av

    pictures = (video * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    images = (av.VideoFrame.from_ndarray(picture, format="rgb24") for picture in pictures)
    # With its assembly code libx264 does not always write the same bytes (PyAV 18.1, x264 165, Xeon).
    write_h264(path, images, Fraction(fps), {"preset": "veryfast", "x264-params": "asm=0"})


def write_dataset(out: str | Path, train: int = 480, test: int = 160, size: int = 64, frames: int = 40,
                  classes: Sequence[str] = tuple(MOTIONS), seed: int = 0) -> None:
    """Write the videos and their lists.

    On one machine, the same arguments give the same files.

    Args:
        out: folder to write to.
        train, test: number of videos, spread evenly over the classes; train and test share no video.
        size: height and width, H = W, in pixels, even.
        frames: number of frames per video.
        classes: names in :data:`MOTIONS`, in the order of the labels.
        seed: seed of all random values, 0 <= seed < 2**64.

    Raises:
        ValueError: If a class is unknown, ``size`` is odd, or a number is less than 1.
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
    """Whether a file is named like the files of :func:`write_dataset`.

    Example:
        >>> is_motion_video("data/motion/test/slide-x_00008.mp4"), is_motion_video("v_Archery_g01_c01.avi")
        (True, False)
    """
    return _NAME.search(Path(path).as_posix()) is not None


def render_again(path: str | Path, frames: int = 40, size: int = 64, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Render the video of a file again, before encoding, with the mask of its shape.

    Args:
        path: path of the file; only its name is used, which holds split, class and number.
        frames, size, seed: the arguments of :func:`write_dataset`.

    Returns:
        Video and mask, as from :func:`render`.

    Raises:
        ValueError: If the name is not that of a motion video.

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
    parser.add_argument("out", type=Path, metavar="DIR", help="folder to write to")
    add_numbers(parser, ("train", 480, "training videos"), ("test", 160, "test videos"),
                ("size", 64, "height and width in pixels"), ("frames", 40, "frames per video"),
                ("seed", 0, "seed of all random values"))
    parser.add_argument("--classes", nargs="+", default=list(MOTIONS), metavar="CLASS",
                        help=f"some of: {', '.join(MOTIONS)} (default: all)")


def run(args: argparse.Namespace) -> None:
    """Write the dataset."""
    write_dataset(args.out, args.train, args.test, args.size, args.frames, args.classes, args.seed)
    print(f"Written: {args.out}\nNext: {_next_step(args.out)}")


def _next_step(out: Path) -> str:
    if out == Path("data/motion"):  # as in the config
        return f"mim train vididi_transforms {CONFIG} --launcher none"
    without_validation = [f"val_{key}=None" for key in ("dataloader", "cfg", "evaluator")]
    return train_command(CONFIG, out / "train.txt", out, *without_validation)
