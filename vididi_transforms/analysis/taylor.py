"""How far derivatives tell the next frames: the paper's expansion against the video itself."""
from collections.abc import Sequence

import torch
from torch import Tensor

from ..derivatives.functional import taylor_expand, temporal_difference


def predict(clip: Tensor, order: int, steps: int) -> Tensor:
    """Frames that have not been seen, by the Taylor expansion of the last one that has.

    Convention:
        Differences that end at the frame take the place of the derivatives there, so that nothing of a later frame is
        used (forward differences at it would hold the very frames that are to be told).

    Args:
        clip: ``[..., C, T, H, W]``, the frames that have been seen.
        order: of the highest derivative, < T.
        steps: how many frames to tell.

    Returns:
        ``[..., C, steps, H, W]``.

    Raises:
        TypeError, ValueError: as :func:`vididi_transforms.temporal_difference`.

    Example:
        >>> fall = torch.tensor([0.0, 1, 2, 3]).view(1, 4, 1, 1)
        >>> predict(fall, order=1, steps=2).flatten()
        tensor([4., 5.])

    Source: paper section 3.1, equation (2).
    """
    derivatives = [temporal_difference(clip, k)[..., -1:, :, :] for k in range(order + 1)]
    return torch.cat([taylor_expand(derivatives, step) for step in range(1, steps + 1)], dim=-3)


def taylor_errors(clip: Tensor, orders: Sequence[int] = (0, 1, 2), steps: int = 3) -> Tensor:
    """Root mean square error of :func:`predict`, from every frame of a clip that has enough before and after it.

    Args:
        clip: ``[C, T, H, W]``, at least ``max(orders) + 1 + steps`` frames.
        orders: of the expansion; all are compared on the same frames.
        steps: how many frames ahead.

    Returns:
        ``[len(orders), steps]``, in the clip's unit.

    Raises:
        ValueError: the clip has too few frames, or there is no order or step.

    Example:
        >>> line = torch.arange(6.0).view(1, 6, 1, 1)
        >>> taylor_errors(line, orders=(0, 1), steps=2)
        tensor([[1., 2.],
                [0., 0.]])

    Source: paper section 3.1.
    """
    if not orders or steps < 1:
        raise ValueError(f"errors need at least one order and one step: got orders={tuple(orders)}, steps={steps}")
    seen, frames = max(orders) + 1, clip.shape[-3]
    if frames < seen + steps:
        raise ValueError(f"clip needs at least max(orders) + 1 + steps frames: got T={frames} for "
                         f"orders={tuple(orders)}, steps={steps}")
    starts = range(frames - seen - steps + 1)
    return torch.stack([torch.stack([
        (predict(clip[:, n:n + seen], order, steps) - clip[:, n + seen:n + seen + steps]).square().mean(dim=(0, 2, 3))
        for n in starts]).mean(dim=0).sqrt() for order in orders])


def taylor_strip(clip: Tensor, orders: Sequence[int] = (0, 1, 2), steps: int = 3) -> Tensor:
    """A picture of the last frames and of what each order tells of them: the true ones above, a row for each order.

    Args:
        clip: ``[3, T, H, W]``, values in [0, 1]; its last ``steps`` frames are to be told.
        orders: of the expansion.
        steps: how many frames.

    Returns:
        ``[(1 + len(orders)) * H, (1 + steps) * W, 3]``, values cut to [0, 1]; the first column is the frame that is
        expanded.

    Raises:
        TypeError, ValueError: the clip is no such tensor, or as :func:`predict`.

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
    """Raise unless a clip can be shown.

    Raises:
        TypeError: it is no tensor ``[3, T, H, W]`` of a floating type.

    Example:
        >>> check_pictures(torch.rand(3, 8, 16, 16))
    """
    if not isinstance(clip, Tensor) or clip.ndim != 4 or clip.shape[0] != 3 or not clip.is_floating_point():
        got = f"{tuple(clip.shape)}, {clip.dtype}" if isinstance(clip, Tensor) else type(clip).__name__
        raise TypeError(f"clip must be [3, T, H, W], floating point in [0, 1]: got {got}")
