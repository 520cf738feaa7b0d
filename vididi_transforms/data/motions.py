"""Motion videos as tensors: a textured shape on a static random background.

The class is the motion. The background and the shape's texture, size, place, angle and speed are random and have the
same distribution for all classes, so a single frame says next to nothing about the class (the paper's thought
experiment, section 3.1).
"""
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Pose:
    """Pose of a shape relative to its place.

    Each value is one number, or one per frame (``[T]``).

    Args:
        x, y: offset, in half widths of the frame.
        angle: rotation in radians.
        scale: factor of its size.
    """

    x: Tensor | float
    y: Tensor | float
    angle: Tensor | float
    scale: Tensor | float


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
"""The classes. Each maps the phase of the motion, ``[T]`` in radians, and the pose at rest to the pose per frame."""


def render(motion: str, rng: np.random.Generator, frames: int = 40, size: int = 64) -> tuple[Tensor, Tensor]:
    """Render one video and the mask of its shape.

    Args:
        motion: a name in :data:`MOTIONS`.
        rng: generator of all random values.
        frames: number of frames T.
        size: height and width, H = W, in pixels.

    Returns:
        Video ``[T, 3, H, W]`` in [0, 1]; mask of the moving shape ``[T, 1, H, W]`` in [0, 1].

    Raises:
        ValueError: If no motion has that name.

    Example:
        >>> video, mask = render("rotate", np.random.default_rng(0), frames=4, size=32)
        >>> video.shape, mask.shape
        (torch.Size([4, 3, 32, 32]), torch.Size([4, 1, 32, 32]))

    Source: paper section 3.1.
    """
    if motion not in MOTIONS:
        raise ValueError(f"motion must be one of {', '.join(MOTIONS)}: got {motion!r}")
    speed = 2 * math.pi / 20 * rng.uniform(0.8, 1.25)  # radians per frame: a period of about 20 frames
    pose = MOTIONS[motion](rng.uniform(0, 2 * math.pi) + speed * torch.arange(frames), _pose_at_rest(rng))
    place, radius = rng.uniform(-0.25, 0.25, 2), rng.uniform(0.32, 0.44)
    roundness = rng.choice([2.0, 8.0])  # an ellipse or nearly a rectangle
    background, texture = _texture(rng, cells=6, size=size), _texture(rng, cells=4, size=size)
    u, v = _shape_coordinates(pose, place, radius, frames, size)
    inside = 1 - (u.abs() ** roundness + (2 * v.abs()) ** roundness) ** (1 / roundness)
    mask = torch.sigmoid(inside * radius * size)[:, None]  # an edge about one pixel wide
    grid = torch.stack((u, v), dim=-1)
    shape = F.grid_sample(texture.expand(frames, -1, -1, -1), grid, padding_mode="reflection", align_corners=False)
    return background * (1 - mask) + shape * mask, mask


def _pose_at_rest(rng: np.random.Generator) -> Pose:
    """A pose from the same distribution as the frames of moving shapes."""
    x, y = rng.uniform(-0.42, 0.42, 2)
    return Pose(x, y, angle=rng.uniform(0, 2 * math.pi), scale=1 + 0.4 * math.sin(rng.uniform(0, 2 * math.pi)))


def _shape_coordinates(pose: Pose, place: np.ndarray, radius: float, frames: int, size: int) -> tuple[Tensor, Tensor]:
    """Coordinates u, v of each pixel relative to the shape, each ``[T, H, W]``.

    The shape covers |u| < 1, |v| < 1/2.
    """
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
