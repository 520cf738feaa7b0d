"""SimCLR."""
from typing import Any

from mmaction.registry import MODELS
from torch import Tensor

from ....objectives import info_nce_loss
from .templates import JointEmbeddingHead


@MODELS.register_module()
class SimCLRHead(JointEmbeddingHead):
    """InfoNCE between the embeddings of the two views.

    Args:
        in_channels, hidden_channels, out_channels, num_layers: as in :class:`TwoViewHead`.
        temperature: as in :func:`vididi_transforms.info_nce_loss`.
        kwargs: ``gather`` (default True): compare the videos of the global batch; ``init_cfg``.

    Example (config):
        ``dict(type='SimCLRHead', in_channels=512, temperature=0.1)``

    Source: paper appendix A.2, equation (6), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 2048, out_channels: int = 128,
                 num_layers: int = 3, temperature: float = 0.1, **kwargs: Any) -> None:
        super().__init__(in_channels=in_channels, hidden_channels=hidden_channels, out_channels=out_channels,
                         num_layers=num_layers, **kwargs)
        self.temperature = temperature

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """``loss_info_nce``."""
        return {"loss_info_nce": info_nce_loss(z1, z2, temperature=self.temperature)}
