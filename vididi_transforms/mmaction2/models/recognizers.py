"""Recognizers that encode two views of each video, one after the other."""
from typing import Any

from mmaction.models.recognizers import Recognizer3D
from mmaction.registry import MODELS
from torch import Tensor, nn

from .bn_statistics import track_statistics
from .encoders import check_clips, encode, last_stage
from .heads import MomentumHead
from .momentum_encoder import MomentumEncoder
from .two_views import two_views


@MODELS.register_module()
class TwoViewRecognizer(Recognizer3D):
    """``Recognizer3D`` that learns from two views of each video and predicts features.

    In training, each view has a forward pass of its own: frames and derivatives have different statistics and must
    not share a batch in batch normalisation. ``cls_head`` is an objective such as :class:`VICRegHead`.

    In testing, ``data_sample.feature`` of each video is the mean feature of its clips. To limit the memory, encode n
    clips at a time with ``test_cfg=dict(max_testing_views=n)``.

    Args:
        backbone: config of the encoder.
        cls_head: config of the head.
        bn_statistics: the views that the running statistics of the encoder's batch normalisation follow in training:
            ``'frames'``, those of derivative order 0, or ``'all'``, as in the authors' code. It changes neither losses
            nor gradients, only the trained encoder in evaluation mode. :class:`ViDiDiHook` sets the ``orders`` of the
            views; the default is (0, 0).
        kwargs: further arguments of ``Recognizer3D``.

    Shape:
        Training: ``[B, 2, C, T, H, W]``, or a list of two ``[B, C, T, H, W]``. Testing: ``[B, clips, C, T, H, W]``.

    Raises:
        ValueError: If a neck is given, or ``bn_statistics`` is unknown; in training, if the inputs are not two views.
        TypeError: In training, if the inputs are neither a tensor nor a list of tensors.

    Example (config):
        ``dict(type='TwoViewRecognizer', backbone=dict(type='ResNet3d', depth=18, pretrained=None),
        cls_head=dict(type='VICRegHead', in_channels=512))``

    Source: paper Figure 3, sections 3.2 and 4.1.
    """

    def __init__(self, backbone: dict[str, Any], cls_head: dict[str, Any], bn_statistics: str = "frames",
                 **kwargs: Any) -> None:
        if kwargs.get("neck") is not None:
            raise ValueError(f"a two-view recognizer has no neck: got {kwargs['neck']}")
        if bn_statistics not in ("frames", "all"):
            raise ValueError(f"bn_statistics must be 'frames' or 'all': got {bn_statistics!r}")
        super().__init__(backbone=backbone, cls_head=cls_head, **kwargs)
        check_clips(self.backbone)
        self.bn_statistics = bn_statistics
        self.orders = (0, 0)

    def extract_feat(self, inputs: Any, stage: str = "neck", data_samples: Any = None,
                     test_mode: bool = False) -> tuple[Any, dict[str, Any]]:
        """Feature maps and arguments of the head's ``loss``.

        The maps are a tuple of two ``[B, D, t, h, w]`` in training, ``[B * clips, D, t, h, w]`` in testing; of an
        encoder with several pathways, each is a tuple of them.
        """
        if test_mode:
            maps, _ = super().extract_feat(inputs, test_mode=True)
            return last_stage(self.backbone, maps), {}
        return tuple(map(self._encode, two_views(inputs), self.orders)), {}

    def train(self, mode: bool = True) -> "TwoViewRecognizer":
        """As in the base class."""
        track_statistics(self.backbone, True)
        return super().train(mode)

    def _encode(self, view: Tensor, order: int) -> Any:
        if self.bn_statistics == "all":
            return encode(self.backbone, view)
        track_statistics(self.backbone, order == 0)
        outputs = encode(self.backbone, view)
        track_statistics(self.backbone, False)  # activation checkpointing repeats the pass: do not count it twice
        return outputs


@MODELS.register_module()
class MomentumRecognizer(TwoViewRecognizer):
    """Two-view recognizer with a momentum encoder, for any :class:`MomentumHead`.

    :class:`MomentumUpdateHook` updates the momentum encoder after each optimizer step. Predicted features come from
    the online encoder.

    Args:
        backbone, kwargs: as in :class:`TwoViewRecognizer`.
        cls_head: a :class:`MomentumHead` such as :class:`BYOLHead`.
        base_momentum: momentum at the first step, in (0, 1). It rises to 1 along a cosine.

    Raises:
        ValueError: If ``base_momentum`` is out of range.
        TypeError: If the head is not a :class:`MomentumHead`.
        RuntimeError: In training, if the run has no :class:`MomentumUpdateHook`.

    Example (config):
        ``dict(type='MomentumRecognizer', backbone=dict(type='ResNet3d', depth=18, pretrained=None),
        cls_head=dict(type='BYOLHead', in_channels=512))`` with
        ``default_hooks = dict(target=dict(type='MomentumUpdateHook'))``

    Source: paper appendix A.3 and B.3.
    """

    def __init__(self, backbone: dict[str, Any], cls_head: dict[str, Any], base_momentum: float = 0.99,
                 **kwargs: Any) -> None:
        super().__init__(backbone, cls_head, **kwargs)
        if not isinstance(self.cls_head, MomentumHead):
            raise TypeError("MomentumRecognizer needs a MomentumHead, such as BYOLHead: got "
                            f"{type(self.cls_head).__name__}")
        self.target = MomentumEncoder(self.online(), base_momentum)
        self.has_update_hook = False
        self._training_forwards = 0

    def online(self) -> nn.ModuleDict:
        """The network that the momentum encoder follows: backbone and projector."""
        return nn.ModuleDict(dict(backbone=self.backbone, projector=self.cls_head.projector))

    def init_weights(self) -> None:
        """Initialise the online network and copy it to the momentum encoder."""
        super().init_weights()
        self.reset_target()

    def extract_feat(self, inputs: Any, stage: str = "neck", data_samples: Any = None,
                     test_mode: bool = False) -> tuple[Any, dict[str, Any]]:
        """As in the base class, and in training ``targets`` for the head.

        These are the momentum encoder's projections of both views, without gradient.
        """
        feats, head_arguments = super().extract_feat(inputs, stage, data_samples, test_mode)
        if not test_mode:
            self._check_update_hook()
            head_arguments["targets"] = tuple(self.target(view, self.cls_head.pooled) for view in two_views(inputs))
        return feats, head_arguments

    def reset_target(self) -> None:
        """Copy the online network to the momentum encoder."""
        self.target.reset(self.online())

    def update_target(self, progress: float) -> None:
        """Update the momentum encoder after the share ``progress`` (0 to 1) of all steps."""
        self.target.update(self.online(), progress)

    def _check_update_hook(self) -> None:
        if self.training and not self.has_update_hook:
            self._training_forwards += 1
        if self._training_forwards > 1:
            raise RuntimeError("the momentum encoder is never updated: add default_hooks = "
                               "dict(target=dict(type='MomentumUpdateHook'))")
