"""VICReg."""
from typing import Any

from mmaction.registry import MODELS
from torch import Tensor

from ....objectives import vicreg_loss
from .templates import JointEmbeddingHead


@MODELS.register_module()
class VICRegHead(JointEmbeddingHead):
    """VICReg on the embeddings of the two views. Each term is logged.

    Args:
        in_channels, hidden_channels, out_channels, num_layers: as in :class:`TwoViewHead`.
        weights: weights of the invariance, variance and covariance terms.
        gamma, eps, sum_dimensions: as in :func:`vididi_transforms.vicreg_loss`.
        kwargs: ``gather`` (default True): compare the videos of the global batch; ``init_cfg``.

    Example (config):
        ``dict(type='VICRegHead', in_channels=512, weights=(1.0, 1.0, 0.05))``

    Source: paper appendix A.4, equations (8) to (11), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 2048, out_channels: int = 2048,
                 num_layers: int = 3, weights: tuple[float, float, float] = (1.0, 1.0, 0.05), gamma: float = 1.0,
                 eps: float = 1e-4, sum_dimensions: bool = False, **kwargs: Any) -> None:
        super().__init__(in_channels=in_channels, hidden_channels=hidden_channels, out_channels=out_channels,
                         num_layers=num_layers, **kwargs)
        self.options: dict[str, Any] = dict(weights=tuple(weights), gamma=gamma, eps=eps,
                                            sum_dimensions=sum_dimensions)

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """``loss_invariance``, ``loss_variance`` and ``loss_covariance``."""
        return {f"loss_{name}": term for name, term in vicreg_loss(z1, z2, **self.options).items()}
