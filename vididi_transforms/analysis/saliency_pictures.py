"""Saliency tubes as a sheet of pictures and as a film; needs matplotlib, the film PyAV."""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.motion_videos import encode


@dataclass(frozen=True)
class Example:
    """A clip and where encoders look.

    Args:
        title: of the clip, such as its class.
        frames: ``[3, T, H, W]`` in [0, 1].
        mask: moving pixels, ``[T, H, W]``.
        tubes: of each encoder by its name, ``[T, H, W]`` in [0, 1].
    """

    title: str
    frames: Tensor
    mask: Tensor
    tubes: dict[str, Tensor]

    def rows(self) -> dict[str, Tensor]:
        """The frames, and the frames under the tubes of each encoder; ``[3, T, H, W]`` each."""
        return {"frames": self.frames} | {name: overlay(self.frames, tube) for name, tube in self.tubes.items()}


def overlay(frames: Tensor, tube: Tensor) -> Tensor:
    """Gray frames under a tube: black is 0, light yellow 1 (a scale that colour-blind people can read).

    Args:
        frames: ``[3, T, H, W]`` in [0, 1].
        tube: ``[T, H, W]`` in [0, 1].

    Returns:
        ``[3, T, H, W]`` in [0, 1].
    """
    from matplotlib import colormaps

    heat = torch.from_numpy(colormaps["inferno"](tube.numpy())[..., :3]).float().permute(3, 0, 1, 2)
    return 0.4 * frames.mean(dim=0, keepdim=True) + 0.6 * heat


def draw_sheet(examples: Sequence[Example], path: str | Path, columns: int = 8) -> None:
    """A PNG: for each clip a row of frames and one for each encoder; the moving pixels are outlined.

    Args:
        examples: at least one.
        path: of the file.
        columns: at most this many frames of a clip, evenly spaced.
    """
    from matplotlib.figure import Figure

    shapes = [(len(e.tubes) + 1, min(columns, e.frames.shape[1]), *e.frames.shape[2:]) for e in examples]
    heights = [9 * rows * height / (shown * width) for rows, shown, height, width in shapes]
    figure = Figure(figsize=(10, sum(heights) + 0.35 * len(examples)), layout="constrained")
    axes = figure.subplots(len(examples), height_ratios=heights, squeeze=False)[:, 0]
    for axis, example, (_, shown, height, _) in zip(axes, examples, shapes, strict=True):
        chosen = torch.linspace(0, example.frames.shape[1] - 1, shown).round().long()
        rows = example.rows()
        picture = torch.cat([side_by_side(row[:, chosen]) for row in rows.values()], dim=1)
        axis.imshow(picture.permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
        outline = side_by_side(example.mask[None, chosen].float())[0].repeat(len(rows), 1)
        if outline.min() < 0.5 < outline.max():
            axis.contour(outline.numpy(), levels=[0.5], colors="white", linewidths=1)
        axis.set_yticks([height * (number + 0.5) for number in range(len(rows))], list(rows))
        axis.set_xticks([])
        axis.set_title(example.title, fontsize=10)
    figure.savefig(path, dpi=110, bbox_inches="tight")


def side_by_side(frames: Tensor) -> Tensor:
    """``[C, T, H, W]`` to ``[C, H, T * W]``.

    Example:
        >>> side_by_side(torch.zeros(3, 8, 4, 6)).shape
        torch.Size([3, 4, 48])
    """
    return frames.transpose(1, 2).flatten(2)


def write_film(examples: Sequence[Example], path: str | Path, height: int = 128, fps: int = 5) -> None:
    """An MP4: a row for each clip; from left to right its frames and one panel for each encoder.

    Args:
        examples: at least one; the first sets panels and length, others are resized and cut or end with a still.
        path: of the file, ``.mp4``.
        height: of a panel in pixels, even.
        fps: frames per second.
    """
    _, length, rows, columns = examples[0].frames.shape
    size = (height, 2 * round(height * columns / rows / 2))
    films = []
    for example in examples:
        frames = torch.arange(length).clamp(max=example.frames.shape[1] - 1)
        panels = [F.interpolate(row[:, frames].transpose(0, 1), size=size, mode="bilinear", align_corners=False)
                  for row in example.rows().values()]
        films.append(torch.cat(panels, dim=-1))
    encode(torch.cat(films, dim=-2).clamp(0, 1), Path(path), fps)
