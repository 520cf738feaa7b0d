"""The formulas as modules, for ``nn.Sequential``, ``Compose`` and configs."""
from torch import Tensor, nn

from .functional import check_int, check_order, temporal_difference


class TemporalDifference(nn.Module):
    """Derivative of a clip with respect to time; the module of :func:`~vididi_transforms.temporal_difference`.

    Args:
        order: how many times to differentiate, >= 0.
        dim: the dimension of time; -3 is right for ``[..., C, T, H, W]``.

    Shape:
        ``[..., C, T, H, W]`` to ``[..., C, T - order, H, W]``, in values per frame step.

    Raises:
        TypeError, ValueError: ``order`` or ``dim`` is no integer, ``order`` is negative; in ``forward`` as
            ``temporal_difference``.

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
        """``[..., C, T, H, W]`` to ``[..., C, T - order, H, W]``."""
        return temporal_difference(clip, self.order, self.dim)

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"order={self.order}, dim={self.dim}"
