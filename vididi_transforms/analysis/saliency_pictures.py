"""Saliency tubes as a sheet of frames (matplotlib) and as an MP4 (PyAV)."""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.files import write_figure
from ..data.motion_videos import encode


@dataclass(frozen=True)
class Example:
    """A clip with the saliency tubes of one or several encoders.

    Args:
        title: title of the clip, such as its class.
        frames: ``[3, T, H, W]``, values in [0, 1].
        mask: ``[T, H, W]``, moving pixels.
        tubes: name of an encoder to its tube ``[T, H, W]``, values in [0, 1].
    """

    title: str
    frames: Tensor
    mask: Tensor
    tubes: dict[str, Tensor]

    def rows(self) -> dict[str, Tensor]:
        """The frames without and with each encoder's tube, each ``[3, T, H, W]``."""
        return {"frames": self.frames} | {name: overlay(self.frames, tube) for name, tube in self.tubes.items()}


def overlay(frames: Tensor, tube: Tensor) -> Tensor:
    """Gray frames with a tube on top.

    Black is 0 and light yellow 1, a scale that colour-blind people can read.

    Args:
        frames: ``[3, T, H, W]``, values in [0, 1].
        tube: ``[T, H, W]``, values in [0, 1].

    Returns:
        ``[3, T, H, W]``, values in [0, 1].
    """
    from matplotlib import colormaps

    heat = torch.from_numpy(colormaps["inferno"](tube.numpy())[..., :3]).float().permute(3, 0, 1, 2)
    return 0.4 * frames.mean(dim=0, keepdim=True) + 0.6 * heat


def draw_sheet(examples: Sequence[Example], path: str | Path, columns: int = 8) -> None:
    """Write a PNG: for each clip a row of frames and a row per encoder.

    The moving pixels are outlined.

    Args:
        examples: at least one clip.
        path: path of the PNG.
        columns: maximum number of frames per clip; they are evenly spaced.
    """
    from matplotlib.figure import Figure

    shown = [min(columns, example.frames.shape[1]) for example in examples]
    heights = [9 * (len(example.tubes) + 1) * example.frames.shape[2] / (number * example.frames.shape[3])
               for example, number in zip(examples, shown, strict=True)]
    figure = Figure(figsize=(10, sum(heights) + 0.35 * len(examples)), layout="constrained")
    axes = figure.subplots(len(examples), height_ratios=heights, squeeze=False)[:, 0]
    for axis, example, number in zip(axes, examples, shown, strict=True):
        rows = example.rows()
        chosen = torch.linspace(0, example.frames.shape[1] - 1, number).round().long()
        picture = torch.cat([side_by_side(row[:, chosen]) for row in rows.values()], dim=1)
        axis.imshow(picture.permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
        outline = side_by_side(example.mask[None, chosen].float())[0].repeat(len(rows), 1)
        if outline.min() < 0.5 < outline.max():
            axis.contour(outline.numpy(), levels=[0.5], colors="white", linewidths=1)
        axis.set_yticks([example.frames.shape[2] * (row + 0.5) for row in range(len(rows))], list(rows))
        axis.set_xticks([])
        axis.set_title(example.title, fontsize=10)
    write_figure(Path(path), figure, dpi=110, bbox_inches="tight")


def side_by_side(frames: Tensor) -> Tensor:
    """``[C, T, H, W]`` to ``[C, H, T * W]``.

    Example:
        >>> side_by_side(torch.zeros(3, 8, 4, 6)).shape
        torch.Size([3, 4, 48])
    """
    return frames.transpose(1, 2).flatten(2)


def write_mp4(examples: Sequence[Example], path: str | Path, height: int = 128, fps: int = 5) -> None:
    """Write an MP4 with one row per clip: its frames, then one panel per encoder.

    Args:
        examples: at least one clip. The first one sets the size of the panels and the length; other clips are resized,
            and cut or extended by their last frame.
        path: path of the file, ``.mp4``.
        height: height of a panel in pixels, even.
        fps: frames per second.
    """
    _, length, rows, columns = examples[0].frames.shape
    size = (height, 2 * round(height * columns / rows / 2))
    strips = []
    for example in examples:
        frames = torch.arange(length).clamp(max=example.frames.shape[1] - 1)
        panels = [F.interpolate(row[:, frames].transpose(0, 1), size=size, mode="bilinear", align_corners=False)
                  for row in example.rows().values()]
        strips.append(torch.cat(panels, dim=-1))
    encode(torch.cat(strips, dim=-2).clamp(0, 1), Path(path), fps)
