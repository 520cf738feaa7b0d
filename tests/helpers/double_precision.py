"""A recognizer in float64.

Rounding that depends on the batch size then practically never flips a ReLU.
"""
from typing import Any

from mmaction.registry import MODELS

from vididi_transforms.mmaction2.models.recognizers import TwoViewRecognizer


@MODELS.register_module()
class DoubleRecognizer(TwoViewRecognizer):
    """Converts the views to float64 and computes everything after them in float64."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.backbone.double().register_forward_pre_hook(lambda encoder, inputs: (inputs[0].double(),))
        self.cls_head.double()
