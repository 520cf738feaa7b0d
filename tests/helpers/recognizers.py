"""Recognizers small enough for unit tests."""
import torch
from mmaction.registry import MODELS

BACKBONE = dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, base_channels=4, conv1_kernel=(3, 3, 3),
                with_pool1=False, with_pool2=False, temporal_strides=(1, 2, 2, 2), zero_init_residual=False)

# Slow pathway: every 4th frame, D = 32. Fast pathway: every frame, D = 16.
PATHWAY = dict(type="resnet3d", depth=18, pretrained=None, conv1_stride_t=1, pool1_stride_t=1, zero_init_residual=False)
SLOWFAST = dict(type="ResNet3dSlowFast", resample_rate=4, speed_ratio=4, channel_ratio=2,
                slow_pathway=dict(PATHWAY, lateral=True, base_channels=4, conv1_kernel=(1, 7, 7)),
                fast_pathway=dict(PATHWAY, lateral=False, base_channels=2, conv1_kernel=(5, 7, 7)))


def recognizer(backbone=BACKBONE, **kwargs):
    torch.manual_seed(0)
    head = dict(type="VICRegHead", in_channels=32, hidden_channels=16, out_channels=8) | kwargs.pop("head", {})
    model = MODELS.build(dict(type="TwoViewRecognizer", backbone=backbone, cls_head=head, **kwargs))
    model.backbone.init_weights()
    return model


def byol_recognizer(backbone=BACKBONE, **head):
    torch.manual_seed(0)
    head = dict(type="BYOLHead", in_channels=32, hidden_channels=16, out_channels=8) | head
    model = MODELS.build(dict(type="MomentumRecognizer", backbone=backbone, cls_head=head))
    model.init_weights()
    return model
