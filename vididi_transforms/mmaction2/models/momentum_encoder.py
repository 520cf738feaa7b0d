"""The moving average of encoder and projector, as in BYOL and MoCo."""
import math
from collections.abc import Callable

import torch
from mmengine.model import ExponentialMovingAverage
from torch import Tensor, nn

from .encoders import encode


class MomentumEncoder(ExponentialMovingAverage):
    r"""Target network whose weights are a moving average of the online network's.

    .. math:: \theta_{target} \leftarrow \tau \theta_{target} + (1 - \tau) \theta_{online}, \quad
              \tau = 1 - (1 - \tau_{base}) (\cos(\pi k / K) + 1) / 2

    Only the weights are averaged. In training, both networks normalise by the statistics of their own batches; the
    running statistics, which only evaluation uses, are copied from the online network.

    Args:
        online: the network to follow, with the children ``backbone`` and ``projector``; it is copied.
        base_momentum: tau_base, the momentum at the first step, in (0, 1). It rises to 1 along a cosine.

    Raises:
        ValueError: If ``base_momentum`` is out of range.

    Source: paper appendix A.3 and B.3.
    """

    def __init__(self, online: nn.ModuleDict, base_momentum: float = 0.99) -> None:
        if not 0 < base_momentum < 1:
            raise ValueError(f"base_momentum must be in (0, 1): got {base_momentum}")
        super().__init__(online, momentum=1 - base_momentum)
        self.base_momentum = base_momentum

    @torch.no_grad()
    def forward(self, view: Tensor, pool: Callable[[Tensor], Tensor]) -> Tensor:
        """Projection ``[B, D']`` of a view ``[B, C, T, H, W]``, without gradient.

        ``pool`` is the head's ``pooled``.
        """
        projection: Tensor = self.module["projector"](pool(encode(self.module["backbone"], view)))
        return projection

    def reset(self, online: nn.ModuleDict) -> None:
        """Copy the online network, buffers included."""
        self.module.load_state_dict(online.state_dict())
        self.steps.fill_(1)  # at 0 the next update would copy the weights instead of averaging them

    def update(self, online: nn.ModuleDict, progress: float) -> None:
        """Follow the online network by one step.

        ``progress`` is k/K, the completed share of the training steps.
        """
        self.momentum = (1 - self.base_momentum) * (math.cos(math.pi * progress) + 1) / 2  # mmengine's is 1 - tau
        self.update_parameters(online)
