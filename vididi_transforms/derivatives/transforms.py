"""The formulas as modules, for ``nn.Sequential`` and ``Compose``."""
from torch import Tensor, nn

from ..checks import check_int
from .functional import check_order, temporal_difference


class TemporalDifference(nn.Module):
    """Derivative of a clip with respect to time, as a module.

    It calls :func:`~vididi_transforms.temporal_difference`.

    Args:
        order: derivative order, >= 0.
        dim: the dimension of time, -3 in ``[..., C, T, H, W]``.

    Shape:
        ``[..., C, T, H, W]`` to ``[..., C, T - order, H, W]``, in values per frame step.

    Raises:
        TypeError: If ``order`` or ``dim`` is not an int.
        ValueError: If ``order`` is negative. ``forward`` raises the errors of ``temporal_difference``.

    Example:
        >>> import torch
        >>> TemporalDifference(order=2)(torch.rand(3, 8, 4, 4)).shape
        torch.Size([3, 6, 4, 4])

    Source: paper section 3.2, equations (3) and (4).
    """

    def __init__(self, order: int = 1, dim: int = -3) -> None:
        super().__init__()
        check_order(order)
        check_int("dim", dim)
        self.order = order
        self.dim = dim

    def forward(self, clip: Tensor) -> Tensor:
        """Differentiate ``[..., C, T, H, W]`` to ``[..., C, T - order, H, W]``."""
        return temporal_difference(clip, self.order, self.dim)

    def extra_repr(self) -> str:
        """Arguments in the module's ``repr``."""
        return f"order={self.order}, dim={self.dim}"
