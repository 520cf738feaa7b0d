"""What counts as two views of a batch of videos: B videos, clips ``[C, T, H, W]``."""
from typing import Any

from torch import Tensor


def two_views(inputs: Any) -> tuple[Tensor, Tensor]:
    """The two views of a model's inputs.

    Args:
        inputs: a tensor ``[B, 2, C, T, H, W]``, or a list or tuple of two tensors ``[B, C, T, H, W]``.

    Returns:
        Views 1 and 2, ``[B, C, T, H, W]`` each.

    Raises:
        ValueError: there are not two views, or they do not have these dimensions.
        TypeError: ``inputs`` is something else.

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
