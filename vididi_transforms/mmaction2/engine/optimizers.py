"""Optimisers of other packages, imported only if a config uses them."""
from typing import Any

from mmaction.registry import OPTIMIZERS
from torch.optim import Optimizer


@OPTIMIZERS.register_module()
def LARS(params: Any, **kwargs: Any) -> Optimizer:
    """Layer-wise adaptive rate scaling (LARS), as implemented in timm.

    The learning rate of parameters without weight decay is not adapted. The usual choice for normalisation layers and
    biases is ``paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0)``.

    Args:
        params: parameters or parameter groups.
        kwargs: arguments of ``timm.optim.Lars``: ``lr``, ``momentum``, ``weight_decay``, ``trust_coeff``, ...

    Raises:
        ImportError: If timm is not installed.
        ValueError: If timm refuses an argument, such as a negative learning rate.

    Example (config):
        ``dict(type='LARS', lr=1.2, momentum=0.9, weight_decay=1e-6)``

    Source: You et al. 2017, "Large batch training of convolutional networks"; paper section 4.1.
    """
    from timm.optim.lars import Lars

    return Lars(params, **kwargs)
