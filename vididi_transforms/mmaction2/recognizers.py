"""The two streams: one encoder, each view in a forward pass of its own."""
from typing import Any

from mmaction.models.recognizers import Recognizer3D
from mmaction.registry import MODELS

from .views import two_views


@MODELS.register_module()
class TwoStreamRecognizer(Recognizer3D):
    """Stock ``Recognizer3D`` that learns from two views and predicts features.

    In training each view passes the backbone on its own: frames and derivatives have different statistics and must
    not share a batch of the batch normalisation. ``cls_head`` is an objective such as :class:`VICRegHead`. In
    testing it gives every video the mean feature of its clips, as ``data_sample.feature``; with ``test_cfg =
    dict(max_testing_views=n)``, n clips at a time.

    Shape:
        Training: ``[B, 2, C, T, H, W]``, or a list of two ``[B, C, T, H, W]``. Testing: ``[B, clips, C, T, H, W]``.

    Raises:
        ValueError, TypeError: in training, if the inputs are not two views.

    Source: paper Figure 3, sections 3.2 and 4.1.
    """

    def extract_feat(self, inputs: Any, stage: str = "neck", data_samples: Any = None,
                     test_mode: bool = False) -> tuple[Any, dict[str, Any]]:
        """Feature maps: a tuple of two ``[B, D, t, h, w]`` in training, ``[B * clips, D, t, h, w]`` in testing."""
        if test_mode:
            maps, _ = super().extract_feat(inputs, test_mode=True)
            return maps, {}
        return tuple(self.backbone(view) for view in two_views(inputs)), {}
