"""Recognizers small enough for unit tests."""
import torch
from mmaction.registry import MODELS

BACKBONE = dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, base_channels=4, conv1_kernel=(3, 3, 3),
                with_pool1=False, with_pool2=False, temporal_strides=(1, 2, 2, 2), zero_init_residual=False)


def recognizer(**kwargs):
    torch.manual_seed(0)
    head = dict(type="VICRegHead", in_channels=32, hidden_channels=16, out_channels=8) | kwargs.pop("head", {})
    model = MODELS.build(dict(type="TwoViewRecognizer", backbone=BACKBONE, cls_head=head, **kwargs))
    model.backbone.init_weights()
    return model


def byol_recognizer(**head):
    torch.manual_seed(0)
    head = dict(type="BYOLHead", in_channels=32, hidden_channels=16, out_channels=8) | head
    model = MODELS.build(dict(type="MomentumRecognizer", backbone=BACKBONE, cls_head=head))
    model.init_weights()
    return model
