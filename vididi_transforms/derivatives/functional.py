"""The formulas of ViDiDi as pure functions.

Shapes: B videos, C channels, T frames, H x W pixels. A batch of clips is ``[B, C, T, H, W]``, a clip ``[C, T, H, W]``;
time is dimension -3 unless ``dim`` says otherwise. The derivative order is the number of times that a clip is
differentiated with respect to time.
"""
from collections.abc import Sequence
from math import factorial

import torch
from torch import Tensor

from ..checks import check_int


def temporal_difference(clip: Tensor, order: int = 1, dim: int = -3) -> Tensor:
    r"""Derivative of a clip with respect to time, by forward differences.

    .. math:: \Delta^0 y(n) = y(n), \qquad \Delta^{k+1} y(n) = \Delta^k y(n+1) - \Delta^k y(n)

    Convention:
        The unit is per frame step of the clip, not divided by the frame interval. The sign is later minus earlier.
        Frame n of the result belongs to frame n of the clip. The result is ``order`` frames shorter.

    Args:
        clip: ``[..., C, T, H, W]``, or any tensor with time in ``dim``.
        order: derivative order, >= 0.
        dim: the dimension of time.

    Returns:
        ``[..., C, T - order, H, W]``. Floating-point dtypes are kept; half precision is differentiated in float32 and
        rounded once. Integers and booleans become float32, so that differences cannot wrap around.

    Raises:
        TypeError: If ``clip`` is not a tensor, or ``order`` or ``dim`` is not an int.
        ValueError: If ``order`` is negative, ``dim`` is out of range, or the clip has too few frames.

    Example:
        >>> fall = torch.tensor([0.0, 1.0, 4.0, 9.0]).view(1, 4, 1, 1)
        >>> temporal_difference(fall, order=2).flatten()
        tensor([2., 2.])

    Source: paper section 3.2, equations (3) and (4).
    """
    _check_clip(clip, dim)
    check_frames(clip, order, dim)
    dtype = clip.dtype if clip.is_floating_point() or clip.is_complex() else torch.float32
    exact = clip.to(torch.promote_types(dtype, torch.float32))
    return nth_difference(exact, order, dim).to(dtype)


def difference(clip: Tensor, dim: int) -> Tensor:
    """First derivative by forward differences, ``y(n + 1) - y(n)``, without checks.

    Every derivative in the package is computed from this formula. For another stencil, change it here together with
    :func:`frames_lost`.

    Example:
        >>> difference(torch.tensor([0.0, 1.0, 4.0]), dim=0)
        tensor([1., 3.])
    """
    return torch.diff(clip, dim=dim)


def frames_lost(order: int) -> int:
    """Number of frames by which a derivative of this order is shorter than its clip.

    Example:
        >>> frames_lost(2)
        2
    """
    return order


def nth_difference(clip: Tensor, order: int, dim: int) -> Tensor:
    """:func:`difference`, applied ``order`` times.

    Example:
        >>> nth_difference(torch.tensor([0.0, 1.0, 4.0]), order=2, dim=0)
        tensor([2.])
    """
    for _ in range(order):
        clip = difference(clip, dim)
    return clip


def match_length(*clips: Tensor, dim: int = -3, length: int | None = None) -> tuple[Tensor, ...]:
    """Cut clips to the length of the shortest, keeping the first frames.

    Args:
        clips: tensors with time in ``dim``, e.g. ``[B, C, T, H, W]``.
        dim: the dimension of time.
        length: number of frames to cut to instead.

    Returns:
        The clips with equal numbers of frames. Each shares memory with its input.

    Raises:
        TypeError: If a clip is not a tensor, or ``dim`` or ``length`` is not an int.
        ValueError: If ``dim`` is out of range or a clip has fewer than ``length`` frames.

    Example:
        >>> [clip.shape[-3] for clip in match_length(torch.zeros(3, 8, 2, 2), torch.zeros(3, 6, 2, 2))]
        [6, 6]

    Source: the paper does not specify this; see docs/fidelity.md.
    """
    for clip in clips:
        _check_clip(clip, dim)
    shortest = min((clip.shape[dim] for clip in clips), default=0)
    frames = shortest if length is None else length
    if length is not None:
        check_int("length", length)
    if not 0 <= frames <= shortest:
        raise ValueError(f"length must be in [0, T] of the shortest clip: got length={length} for T={shortest}")
    return tuple(clip.narrow(dim, 0, frames) for clip in clips)


def differentiate_pair(view1: Tensor, view2: Tensor, order1: int, order2: int, dim: int = -3,
                       length: int | None = None) -> tuple[Tensor, Tensor]:
    """Differentiate two views, each to its own order, and cut them to equal length.

    Args:
        view1, view2: two views of the same videos, ``[..., C, T, H, W]`` each.
        order1, order2: derivative orders of the views, >= 0.
        dim: the dimension of time.
        length: number of frames of the result, for encoders that need the same number at every order. The views then
            need ``length + max(order1, order2)`` frames or more.

    Returns:
        X and X', with ``T - max(order1, order2)`` frames if both views have T. The dtypes are those of
        :func:`temporal_difference`.

    Raises:
        TypeError, ValueError: As in :func:`temporal_difference` and :func:`match_length`.

    Example:
        >>> view = torch.rand(2, 3, 8, 4, 4)
        >>> [tuple(x.shape) for x in differentiate_pair(view, view, 1, 0)]
        [(2, 3, 7, 4, 4), (2, 3, 7, 4, 4)]

    Source: paper section 3.2 and Algorithm 1.
    """
    x1, x2 = match_length(temporal_difference(view1, order1, dim), temporal_difference(view2, order2, dim), dim=dim,
                          length=length)
    return x1, x2


def taylor_expand(derivatives: Sequence[Tensor], dt: float | Tensor, dim: int = -3) -> Tensor:
    r"""Taylor expansion of a video ``dt`` frame steps away from each frame.

    .. math:: y(n + dt) \approx \sum_k \frac{dt^k}{k!} \frac{\partial^k y}{\partial t^k}(n)

    Convention:
        Values are per frame step. All are cut to the shortest, so that frame n of each belongs to time n.

    Args:
        derivatives: derivatives of order 0, 1, 2, ..., each ``[..., C, T_k, H, W]``.
        dt: time since each frame in frame steps, a number or a tensor that broadcasts.
        dim: the dimension of time.

    Returns:
        ``[..., C, min(T_k), H, W]``.

    Raises:
        TypeError: If a derivative is not a tensor.
        ValueError: If ``derivatives`` is empty or ``dim`` is out of range.

    Example:
        >>> line = torch.arange(4.0).view(1, 4, 1, 1)
        >>> taylor_expand([line, temporal_difference(line)], dt=0.5).flatten()
        tensor([0.5000, 1.5000, 2.5000])

    Source: paper section 3.1, equation (2).
    """
    if len(derivatives) == 0:
        raise ValueError("derivatives must hold at least order 0: got an empty sequence")
    total, *rest = match_length(*derivatives, dim=dim)
    for k, derivative in enumerate(rest, start=1):
        total = total + dt**k / factorial(k) * derivative
    return total


def check_order(order: int) -> None:
    """Raise unless ``order`` is a derivative order: an integer >= 0.

    Raises:
        TypeError, ValueError: If it is not.

    Example:
        >>> check_order(2)
    """
    check_int("order", order, minimum=0)


def check_frames(clip: Tensor, order: int, dim: int) -> None:
    """Raise unless a clip has enough frames for a derivative of this order.

    Raises:
        TypeError: If ``order`` is not an int.
        ValueError: If ``order`` is negative or the clip is too short.

    Example:
        >>> check_frames(torch.zeros(3, 8, 4, 4), order=2, dim=-3)
    """
    check_order(order)
    needed = frames_lost(order) + 1
    if clip.shape[dim] < needed:
        raise ValueError(f"order {order} needs clips of at least {needed} frames: got T={clip.shape[dim]} "
                         f"(shape {tuple(clip.shape)}, dim={dim})")


def _check_clip(clip: Tensor, dim: int) -> None:
    if not isinstance(clip, Tensor):
        raise TypeError(f"clip must be a torch.Tensor: got {type(clip).__name__}")
    check_int("dim", dim)
    if not -clip.ndim <= dim < clip.ndim:
        raise ValueError(f"dim must be one of the clip's {clip.ndim} dimensions: got dim={dim} "
                         f"(shape {tuple(clip.shape)})")
