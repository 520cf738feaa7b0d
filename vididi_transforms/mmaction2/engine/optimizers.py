"""Optimisers under the names of the field, loaded when a config asks for them."""
from typing import Any

from mmaction.registry import OPTIMIZERS
from torch.optim import Optimizer


@OPTIMIZERS.register_module()
def LARS(params: Any, **kwargs: Any) -> Optimizer:
    """Layer-wise adaptive rate scaling, timm's implementation.

    Parameters without weight decay are not adapted; ``paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0)``
    gives that to the 1-D ones, as is usual.

    Args:
        params: parameters or groups of them.
        kwargs: as ``timm.optim.Lars``: ``lr``, ``momentum``, ``weight_decay``, ``trust_coeff``, ...

    Raises:
        ImportError: timm is not installed.
        ValueError: as timm's, e.g. a negative learning rate.

    Example (config):
        ``dict(type='LARS', lr=1.2, momentum=0.9, weight_decay=1e-6)``

    Source: You et al. 2017, "Large batch training of convolutional networks"; paper section 4.1.
    """
    from timm.optim.lars import Lars

    return Lars(params, **kwargs)
