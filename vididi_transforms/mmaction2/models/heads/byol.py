"""BYOL."""
from mmaction.registry import MODELS
from torch import Tensor

from ....objectives import byol_loss
from .templates import MomentumHead


@MODELS.register_module()
class BYOLHead(MomentumHead):
    """BYOL: predicts the momentum encoder's projection of the other view.

    Arguments: see :class:`MomentumHead`. With ``symmetric=False``, view 1 predicts view 2, as equation (7) is printed.

    Example (config):
        ``dict(type='BYOLHead', in_channels=512)``

    Source: paper appendix A.3, equation (7), and B.2.
    """

    def objective(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """``loss_byol``."""
        return {"loss_byol": byol_loss(prediction, target)}
