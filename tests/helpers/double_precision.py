"""A recognizer whose rounding, which depends on the size of the batch, flips practically no ReLU or max pooling."""
from typing import Any

from mmaction.registry import MODELS

from vididi_transforms.mmaction2.models.recognizers import TwoViewRecognizer


@MODELS.register_module()
class DoubleRecognizer(TwoViewRecognizer):
    """Computes in float64 from the views on."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.backbone.double().register_forward_pre_hook(lambda encoder, inputs: (inputs[0].double(),))
        self.cls_head.double()
