"""The two streams: one encoder, each view in a forward pass of its own."""
import math
from typing import Any

import torch
from mmaction.models.recognizers import Recognizer3D
from mmaction.registry import MODELS
from mmengine.model import ExponentialMovingAverage
from torch import Tensor, nn

from .heads import BYOLHead, global_average_pool
from .two_views import two_views


@MODELS.register_module()
class TwoViewRecognizer(Recognizer3D):
    """Stock ``Recognizer3D`` that learns from two views and predicts features.

    In training each view passes the backbone on its own: frames and derivatives have different statistics and must
    not share a batch of the batch normalisation. ``cls_head`` is an objective such as :class:`VICRegHead`. In
    testing it gives every video the mean feature of its clips, as ``data_sample.feature``; with ``test_cfg =
    dict(max_testing_views=n)``, n clips at a time.

    Shape:
        Training: ``[B, 2, C, T, H, W]``, or a list of two ``[B, C, T, H, W]``. Testing: ``[B, clips, C, T, H, W]``.

    Raises:
        ValueError, TypeError: a neck is given, or, in training, the inputs are not two views.

    Example (config):
        ``dict(type='TwoViewRecognizer', backbone=dict(type='ResNet3d', depth=18, pretrained=None),
        cls_head=dict(type='VICRegHead', in_channels=512))``

    Source: paper Figure 3, sections 3.2 and 4.1.
    """

    def __init__(self, backbone: dict[str, Any], cls_head: dict[str, Any], **kwargs: Any) -> None:
        if kwargs.get("neck") is not None:
            raise ValueError(f"a two-stream recognizer has no neck: got {kwargs['neck']}")
        super().__init__(backbone=backbone, cls_head=cls_head, **kwargs)

    def extract_feat(self, inputs: Any, stage: str = "neck", data_samples: Any = None,
                     test_mode: bool = False) -> tuple[Any, dict[str, Any]]:
        """Feature maps: a tuple of two ``[B, D, t, h, w]`` in training, ``[B * clips, D, t, h, w]`` in testing."""
        if test_mode:
            maps, _ = super().extract_feat(inputs, test_mode=True)
            return maps, {}
        return tuple(self.backbone(view) for view in two_views(inputs)), {}


@MODELS.register_module()
class MomentumRecognizer(TwoViewRecognizer):
    """Two streams with a target network: the moving average of encoder and projector, for :class:`BYOLHead`.

    The target follows when :class:`MomentumUpdateHook` says so, after each training step. Predicted features are the
    online encoder's.

    Args:
        backbone, kwargs: of :class:`TwoViewRecognizer`.
        cls_head: a :class:`BYOLHead`.
        base_momentum: tau at the first step, in (0, 1); it rises to 1 along a cosine.

    Raises:
        ValueError: ``base_momentum`` is out of range.
        TypeError: the head is no :class:`BYOLHead`.
        RuntimeError: in training, if nothing lets the target follow.

    Example (config):
        ``dict(type='MomentumRecognizer', backbone=dict(type='ResNet3d', depth=18, pretrained=None),
        cls_head=dict(type='BYOLHead', in_channels=512))`` with
        ``default_hooks = dict(target=dict(type='MomentumUpdateHook'))``

    Source: paper appendix A.3 and B.3.
    """

    def __init__(self, backbone: dict[str, Any], cls_head: dict[str, Any], base_momentum: float = 0.99,
                 **kwargs: Any) -> None:
        if not 0 < base_momentum < 1:
            raise ValueError(f"base_momentum must be in (0, 1): got {base_momentum}")
        super().__init__(backbone, cls_head, **kwargs)
        if not isinstance(self.cls_head, BYOLHead):
            raise TypeError(f"MomentumRecognizer needs a BYOLHead: got {type(self.cls_head).__name__}")
        self.base_momentum = base_momentum
        self.target_follows = False
        self._forwards = 0
        self.target = ExponentialMovingAverage(self.online(), momentum=1 - base_momentum)
        self.target.requires_grad_(False)

    def online(self) -> nn.ModuleDict:
        """What the target follows."""
        return nn.ModuleDict(dict(backbone=self.backbone, projector=self.cls_head.projector))

    def init_weights(self) -> None:
        """The target starts where the online network does."""
        super().init_weights()
        self.reset_target()

    def reset_target(self) -> None:
        """Make the target a copy of the online network."""
        self.target.module.load_state_dict(self.online().state_dict())
        self.target.steps.fill_(1)  # at 0 the next update would copy instead of average

    def extract_feat(self, inputs: Any, stage: str = "neck", data_samples: Any = None,
                     test_mode: bool = False) -> tuple[Any, dict[str, Any]]:
        """As the base class; in training with ``targets``: two projections ``[B, D']`` without gradient."""
        feats, options = super().extract_feat(inputs, stage, data_samples, test_mode)
        if not test_mode:
            self._check_target_follows()
            with torch.no_grad():
                options["targets"] = tuple(self._project_target(view) for view in two_views(inputs))
        return feats, options

    def update_target(self, progress: float) -> None:
        r"""Target <- tau target + (1 - tau) online, with tau = 1 - (1 - tau_base) (cos(pi k/K) + 1) / 2.

        Args:
            progress: k/K, the share of training that is done, in [0, 1].
        """
        self.target.momentum = (1 - self.base_momentum) * (math.cos(math.pi * progress) + 1) / 2
        self.target.update_parameters(self.online())

    def _check_target_follows(self) -> None:
        self._forwards += self.training and not self.target_follows
        if self._forwards > 1:
            raise RuntimeError("the target of BYOL does not follow the online network: add default_hooks = "
                               "dict(target=dict(type='MomentumUpdateHook'))")

    def _project_target(self, view: Tensor) -> Tensor:
        target = self.target.module
        return target["projector"](global_average_pool(target["backbone"](view)))
