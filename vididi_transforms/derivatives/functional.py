"""The formulas of ViDiDi, one pure function each.

Shapes: B videos, C channels, T frames, H x W pixels; a batch of clips is ``[B, C, T, H, W]``, a clip ``[C, T, H, W]``.
Time is dimension -3 unless ``dim`` says otherwise.
"""
from collections.abc import Sequence
from math import factorial

import torch
from torch import Tensor


def temporal_difference(clip: Tensor, order: int = 1, dim: int = -3) -> Tensor:
    r"""Derivative of a clip with respect to time, by finite forward differences.

    .. math:: \Delta^0 y(n) = y(n), \qquad \Delta^{k+1} y(n) = \Delta^k y(n+1) - \Delta^k y(n)

    Convention:
        Unit: per frame step of the clip (not divided by the frame interval). Sign: later minus earlier.
        Frame n of the result stands for frame n of the clip; the result is ``order`` frames shorter.

    Args:
        clip: ``[..., C, T, H, W]`` (or any tensor with time in ``dim``).
        order: how many times to differentiate, >= 0.
        dim: the dimension of time.

    Returns:
        ``[..., C, T - order, H, W]``. Floating types are kept (half precision is differenced in float32, then
        rounded once); integers and booleans become float32, so that nothing wraps around.

    Raises:
        TypeError: ``clip`` is no tensor, ``order`` or ``dim`` is no integer.
        ValueError: ``order`` is negative, ``dim`` is out of range, or the clip has too few frames.

    Example:
        >>> fall = torch.tensor([0.0, 1.0, 4.0, 9.0]).view(1, 4, 1, 1)
        >>> temporal_difference(fall, order=2).flatten()
        tensor([2., 2.])

    Source: paper section 3.2, equations (3) and (4).
    """
    _check_clip(clip, dim)
    check_order(order)
    frames = clip.shape[dim]
    if frames < order + 1:
        raise ValueError(f"clip needs at least order + 1 frames: got T={frames} for order={order} "
                         f"(shape {tuple(clip.shape)}, dim={dim})")
    dtype = clip.dtype if clip.is_floating_point() or clip.is_complex() else torch.float32
    exact = clip.to(torch.promote_types(dtype, torch.float32))
    return (torch.diff(exact, n=order, dim=dim) if order else exact).to(dtype)


def match_length(*clips: Tensor, dim: int = -3, length: int | None = None) -> tuple[Tensor, ...]:
    """Cut clips to the length of the shortest; the first frames stay.

    Args:
        clips: tensors with time in ``dim``, e.g. ``[B, C, T, H, W]``.
        dim: the dimension of time.
        length: cut to this number of frames instead.

    Returns:
        The clips, each a view of its input, all with the same number of frames.

    Raises:
        TypeError, ValueError: no tensor, ``dim`` out of range, ``length`` is no integer, or a clip has fewer frames.

    Example:
        >>> [clip.shape[-3] for clip in match_length(torch.zeros(3, 8, 2, 2), torch.zeros(3, 6, 2, 2))]
        [6, 6]

    Source: the paper is silent; see docs/fidelity.md.
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
    """Differentiate two views of the same videos, each to its own order, and make them equally long.

    Args:
        view1, view2: ``[..., C, T, H, W]`` each.
        order1, order2: orders of the derivatives, >= 0; see :func:`temporal_difference`.
        dim: the dimension of time.
        length: frames of the result, for encoders that need the same number for every order; the views must have
            ``length + max(order1, order2)`` frames or more.

    Returns:
        ``X, X'`` of ``T - max(order1, order2)`` frames if the views are equally long, types as in
        :func:`temporal_difference`.

    Raises:
        TypeError, ValueError: as :func:`temporal_difference`.

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
    r"""Value of a video ``dt`` frame steps away, from its derivatives.

    .. math:: y(n + dt) \approx \sum_k \frac{dt^k}{k!} \frac{\partial^k y}{\partial t^k}(n)

    Convention:
        ``derivatives[k]`` is of order k, per frame step. They are cut to the shortest, so that frame n of each
        belongs to time n.

    Args:
        derivatives: tensors of order 0, 1, 2, ..., each ``[..., C, T_k, H, W]``.
        dt: time from each frame, in frame steps; a number or a tensor that broadcasts.
        dim: the dimension of time.

    Returns:
        ``[..., C, min(T_k), H, W]``.

    Raises:
        ValueError: ``derivatives`` is empty, or ``dim`` is out of range.

    Example:
        >>> line = torch.arange(4.0).view(1, 4, 1, 1)
        >>> taylor_expand([line, temporal_difference(line)], dt=0.5).flatten()
        tensor([0.5000, 1.5000, 2.5000])

    Source: paper section 3.1, equation (2).
    """
    if len(derivatives) == 0:
        raise ValueError("derivatives needs at least the order 0: got an empty sequence")
    total, *rest = match_length(*derivatives, dim=dim)
    for k, derivative in enumerate(rest, start=1):
        total = total + dt**k / factorial(k) * derivative
    return total


def check_order(order: int) -> None:
    """Raise unless ``order`` can be the order of a derivative: an integer >= 0.

    Raises:
        TypeError, ValueError: it is no integer, or negative.

    Example:
        >>> check_order(2)
    """
    check_int("order", order)
    if order < 0:
        raise ValueError(f"order must be >= 0: got {order}")


def check_int(name: str, value: object) -> None:
    """Raise unless ``value`` is an integer.

    Raises:
        TypeError: it is not; ``name`` says in the message what it is.

    Example:
        >>> check_int("length", 8)
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int: got {value!r} of type {type(value).__name__}")


def _check_clip(clip: Tensor, dim: int) -> None:
    if not isinstance(clip, Tensor):
        raise TypeError(f"clip must be a torch.Tensor: got {type(clip).__name__}")
    check_int("dim", dim)
    if not -clip.ndim <= dim < clip.ndim:
        raise ValueError(f"dim must be one of the clip's {clip.ndim} dimensions: got dim={dim} "
                         f"(shape {tuple(clip.shape)})")
