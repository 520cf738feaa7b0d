"""The layout of two views of B videos, and what hooks ask of models for them."""
from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class DifferentiatesViews(Protocol):
    """A data preprocessor that differentiates the views itself.

    :class:`ViDiDiHook` sets ``orders`` in each step.
    """

    orders: tuple[int, int]


@runtime_checkable
class AugmentsViews(Protocol):
    """A data preprocessor that augments the views itself.

    :class:`StepSeedHook` sets ``key``, (seed, step), in each step.
    """

    key: tuple[int, int]


@runtime_checkable
class ChoosesStatistics(Protocol):
    """A recognizer that chooses which views its batch normalisation statistics follow.

    :class:`ViDiDiHook` sets ``orders``, the derivative orders of the two views, in each step.
    """

    bn_statistics: str
    orders: tuple[int, int]


@runtime_checkable
class HasMomentumEncoder(Protocol):
    """A recognizer with a momentum encoder, which :class:`MomentumUpdateHook` updates.

    The hook sets ``has_update_hook``.
    """

    has_update_hook: bool

    def reset_target(self) -> None:
        """Copy the online network to the momentum encoder."""

    def update_target(self, progress: float) -> None:
        """Update the momentum encoder after the share ``progress`` of the training steps."""


def two_views(inputs: Any) -> tuple[Tensor, Tensor]:
    """The two views of a model's inputs.

    Args:
        inputs: a tensor ``[B, 2, C, T, H, W]``, or a list or tuple of two tensors ``[B, C, T, H, W]``.

    Returns:
        Views 1 and 2, ``[B, C, T, H, W]`` each.

    Raises:
        ValueError: If there are not two views, or they do not have these dimensions.
        TypeError: If ``inputs`` is neither a tensor nor a list or tuple of tensors.

    Example:
        >>> import torch
        >>> [view.shape[2] for view in two_views(torch.zeros(4, 2, 3, 8, 16, 16))]
        [8, 8]
    """
    if isinstance(inputs, Tensor):
        if inputs.ndim != 6 or inputs.shape[1] != 2:
            raise ValueError("training on two views needs inputs [B, 2, C, T, H, W] (two clips of each video): got "
                             f"{tuple(inputs.shape)}")
        view1, view2 = inputs.unbind(dim=1)
    elif isinstance(inputs, (list, tuple)) and all(isinstance(view, Tensor) for view in inputs):
        if len(inputs) != 2 or any(view.ndim != 5 for view in inputs):
            raise ValueError("training on two views needs a list of two tensors [B, C, T, H, W]: got "
                             f"{[tuple(view.shape) for view in inputs]}")
        view1, view2 = inputs
    else:
        raise TypeError(f"inputs must be a tensor or a list of two tensors: got {type(inputs).__name__}")
    return view1, view2
