"""How well a Taylor expansion predicts the next frames (paper, section 3.1)."""
from collections.abc import Sequence

import torch
from torch import Tensor

from ..derivatives.functional import frames_lost, taylor_expand, temporal_difference


def predict(clip: Tensor, order: int, steps: int) -> Tensor:
    """Predict the frames after a clip by the Taylor expansion of its last frame.

    Convention:
        The derivatives are backward differences at the last frame, so that no later frame is used. (Forward differences
        would contain the frames to predict.)

    Args:
        clip: ``[..., C, T, H, W]``, the known frames.
        order: highest derivative order, < T.
        steps: number of frames to predict.

    Returns:
        ``[..., C, steps, H, W]``.

    Raises:
        TypeError, ValueError: As :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> fall = torch.tensor([0.0, 1, 2, 3]).view(1, 4, 1, 1)
        >>> predict(fall, order=1, steps=2).flatten()
        tensor([4., 5.])

    Source: paper section 3.1, equation (2).
    """
    derivatives = [temporal_difference(clip, k)[..., -1:, :, :] for k in range(order + 1)]
    return torch.cat([taylor_expand(derivatives, step) for step in range(1, steps + 1)], dim=-3)


def taylor_errors(clip: Tensor, orders: Sequence[int] = (0, 1, 2), steps: int = 3) -> Tensor:
    """Root mean square error of :func:`predict`.

    It is taken over all frames with enough frames before and after them.

    Args:
        clip: ``[C, T, H, W]``, with at least ``max(orders) + 1 + steps`` frames.
        orders: highest derivative order of each expansion; all are compared on the same frames.
        steps: number of frames to predict.

    Returns:
        ``[len(orders), steps]``, in the unit of the clip.

    Raises:
        ValueError: If the clip has too few frames, or there is no order or step.

    Example:
        >>> line = torch.arange(6.0).view(1, 6, 1, 1)
        >>> taylor_errors(line, orders=(0, 1), steps=2)
        tensor([[1., 2.],
                [0., 0.]])

    Source: paper section 3.1.
    """
    if not orders or steps < 1:
        raise ValueError(f"errors need at least one order and one step: got orders={tuple(orders)}, steps={steps}")
    seen, frames = frames_lost(max(orders)) + 1, clip.shape[-3]
    if frames < seen + steps:
        raise ValueError(f"orders={tuple(orders)} and steps={steps} need clips of at least {seen + steps} frames: got "
                         f"T={frames}")
    starts = range(frames - seen - steps + 1)
    errors = []
    for order in orders:
        squares = [_square_error(clip[:, start:start + seen + steps], order, steps) for start in starts]
        errors.append(torch.stack(squares).mean(dim=0).sqrt())
    return torch.stack(errors)


def _square_error(clip: Tensor, order: int, steps: int) -> Tensor:
    """``[steps]``, mean over channels and pixels.

    The last ``steps`` frames are predicted from those before them.
    """
    predicted = predict(clip[:, :-steps], order, steps)
    return (predicted - clip[:, -steps:]).square().mean(dim=(0, 2, 3))


def taylor_strip(clip: Tensor, orders: Sequence[int] = (0, 1, 2), steps: int = 3) -> Tensor:
    """A picture of the last frames: true ones, then predicted ones by order.

    Args:
        clip: ``[3, T, H, W]``, values in [0, 1]; its last ``steps`` frames are predicted from those before them.
        orders: highest derivative order of each expansion.
        steps: number of frames to predict.

    Returns:
        ``[(1 + len(orders)) * H, (1 + steps) * W, 3]``, values clipped to [0, 1]. The first column is the last known
        frame.

    Raises:
        TypeError, ValueError: As :func:`check_pictures` and :func:`predict`.

    Example:
        >>> taylor_strip(torch.rand(3, 8, 16, 16)).shape
        torch.Size([64, 64, 3])
    """
    check_pictures(clip)
    seen = clip[:, :clip.shape[1] - steps]
    rows = [clip[:, -steps:], *(predict(seen, order, steps) for order in orders)]
    strip = torch.cat([torch.cat((seen[:, -1:], row), dim=1) for row in rows], dim=2)
    return strip.permute(2, 1, 3, 0).flatten(1, 2).clamp(0, 1)


def check_pictures(clip: Tensor) -> None:
    """Check that a clip can be drawn.

    Raises:
        TypeError: If it is not a floating-point tensor ``[3, T, H, W]``.

    Example:
        >>> check_pictures(torch.rand(3, 8, 16, 16))
    """
    if not isinstance(clip, Tensor) or clip.ndim != 4 or clip.shape[0] != 3 or not clip.is_floating_point():
        got = f"{tuple(clip.shape)}, {clip.dtype}" if isinstance(clip, Tensor) else type(clip).__name__
        raise TypeError(f"clip must be [3, T, H, W], floating point in [0, 1]: got {got}")
