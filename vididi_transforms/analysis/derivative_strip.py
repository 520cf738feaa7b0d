"""Draw the temporal derivatives of a video and the frames predicted from them.

    vididi strip VIDEO --out strip.png

Prints the errors of the Taylor expansion and writes them next to the picture, here to strip.json.
"""
import argparse
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..data.files import write_figure, write_json
from ..data.number_options import add_numbers
from ..data.video_io import UnreadableError, one_thread
from ..data.video_io import frames as decoded
from ..derivatives.functional import temporal_difference
from .taylor import check_pictures, taylor_errors, taylor_strip

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def derivative_strip(clip: Tensor, orders: Sequence[int] = (0, 1, 2)) -> Tensor:
    """A picture of a clip and its derivatives, time from left to right.

    There is one row for each derivative order.

    Convention:
        Order 0 shows the frames themselves. In other rows, 0 is middle gray and the row's largest magnitude is black or
        white. Frame n of a derivative is below frame n of the clip; where a derivative has no frame, the row is gray.

    Args:
        clip: ``[3, T, H, W]``, values in [0, 1].
        orders: derivative orders, at least one.

    Returns:
        ``[len(orders) * H, T * W, 3]``, values in [0, 1].

    Raises:
        TypeError: If the clip is not such a tensor.
        ValueError: If there are no orders, or as :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> derivative_strip(torch.rand(3, 8, 16, 16)).shape
        torch.Size([48, 128, 3])

    Source: paper Figure 1.
    """
    check_pictures(clip)
    if not orders:
        raise ValueError(f"a strip needs at least one order: got {orders!r}")
    rows = []
    for order in orders:
        row = torch.full_like(clip, 0.5)
        derivative = temporal_difference(clip, order)
        if order:
            derivative = 0.5 + derivative / derivative.abs().max().clamp(min=1e-6) / 2
        row[:, :derivative.shape[1]] = derivative
        rows.append(row)
    return torch.cat(rows, dim=2).permute(2, 1, 3, 0).flatten(1, 2)


def read_clip(path: str | Path, frames: int = 8, interval: int = 3, start: int = 0) -> Tensor:
    """Read a clip of a video with PyAV: ``[3, frames, H, W]``, values in [0, 1].

    Args:
        path: path of the video.
        frames: number of frames, >= 1.
        interval: distance between two frames, >= 1; 3 takes every third frame.
        start: index of the first frame.

    Raises:
        ValueError: If the video cannot be read or is too short, or a number is out of range.
    """
    if min(frames, interval) < 1 or start < 0:
        raise ValueError("frames and interval must be >= 1 and start >= 0: got "
                         f"frames={frames}, interval={interval}, start={start}")
    import numpy as np

    wanted = range(start, start + frames * interval, interval)
    try:
        chosen = [frame.to_ndarray(format="rgb24", **one_thread())
                  for _, frame in _chosen(decoded(Path(path)), wanted, path)]
    except UnreadableError as error:
        raise ValueError(f"the video must be readable: {path}: {error}") from error
    return torch.from_numpy(np.stack(chosen)).permute(3, 0, 1, 2).float() / 255


def _chosen(frames: Iterable[Any], wanted: range, path: str | Path) -> list[Any]:
    chosen = list(islice(frames, wanted.start, wanted.stop, wanted.step))
    if len(chosen) < len(wanted):
        raise ValueError(f"the video must have frame {wanted[-1]}: {path} ends before it")
    return chosen


def draw(clip: Tensor, path: str | Path, orders: Sequence[int] = (0, 1, 2), steps: int = 3) -> None:
    """Draw the derivatives of a clip and its Taylor expansion.

    The picture shows the predicted frames and their errors as well.

    Args:
        clip: ``[3, T, H, W]``, values in [0, 1].
        path: path of the picture.
        orders, steps: as in :func:`taylor_errors`.
    """
    from matplotlib.figure import Figure

    height = clip.shape[2]
    figure = Figure(figsize=(10, 9), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    axis, left, right = (figure.add_subplot(grid[place]) for place in ((0, slice(None)), (1, 0), (1, 1)))
    axis.imshow(derivative_strip(clip, orders).numpy())
    axis.set_title("a clip and its temporal derivatives")
    _label(axis, [f"order {order}" for order in orders], height)
    left.imshow(taylor_strip(clip, orders, steps).numpy())
    left.set_title(f"a frame and the next {steps}: true, and predicted")
    _label(left, ["true", *(f"order {order}" for order in orders)], height)
    _plot_errors(right, clip, orders, steps)
    write_figure(Path(path), figure, dpi=110)


def _plot_errors(axis: "Axes", clip: Tensor, orders: Sequence[int], steps: int) -> None:
    for order, errors, style in zip(orders, taylor_errors(clip, orders, steps), cycle(("o-", "s--", "^:", "d-."))):
        axis.plot(range(1, steps + 1), errors.tolist(), style, label=f"order {order}")
    axis.set(xlabel="frame steps ahead", ylabel="root mean square error (pixels from 0 to 1)", ylim=(0, None),
             xticks=range(1, steps + 1), title="error of the Taylor expansion")
    axis.legend()


def _label(axis: "Axes", names: Sequence[str], height: int) -> None:
    axis.set_yticks([height * (number + 0.5) for number in range(len(names))], names)
    axis.set_xticks([])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi strip``."""
    parser.add_argument("video", help="any video that PyAV can read")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="picture to write, .png or .svg")
    add_numbers(parser, ("frames", 8, "frames of the clip"), ("interval", 3, "video frames per clip frame"),
                ("start", 0, "index of the first frame"), ("steps", 3, "frames to predict"))
    parser.add_argument("--orders", type=int, nargs="+", default=[0, 1, 2], help="derivative orders (default: 0 1 2)")


def run(args: argparse.Namespace) -> None:
    """Draw the picture; print and write the errors of the Taylor expansion."""
    clip = read_clip(args.video, args.frames, args.interval, args.start)
    errors = taylor_errors(clip, args.orders, args.steps).tolist()
    draw(clip, args.out, args.orders, args.steps)
    record = {f"order {order}": [round(error, 5) for error in row]
              for order, row in zip(args.orders, errors, strict=True)}
    write_json(args.out.with_suffix(".json"), {"root mean square error by steps ahead": record})
    print(f"root mean square error, 1 to {args.steps} steps ahead")
    for name, row in record.items():
        print(f"{name}: " + "  ".join(f"{error:.4f}" for error in row))
    print(f"Written: {args.out}, {args.out.with_suffix('.json')}\n"
          "Next: vididi demo trains with and without these derivatives")
