"""Encoders in MMAction2 and torchvision, and a Runner that loads them."""
import torch
from mmaction.registry import MODELS
from mmengine.runner import Runner
from torchvision.models import video

STOCK = dict(
    r3d_18=dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, with_pool1=False, with_pool2=False,
                temporal_strides=(1, 2, 2, 2), zero_init_residual=False),
    mc3_18=dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, with_pool1=False, with_pool2=False,
                inflate=(1, 0, 0, 0), temporal_strides=(1, 1, 1, 1), zero_init_residual=False))
OURS = {name: dict(type="TorchvisionVideoBackbone", name=name) for name in ("r2plus1d_18", "s3d")}


def encoder(name):
    return MODELS.build((STOCK | OURS)[name])


def torchvision_model(name):
    return getattr(video, name)()


def same(a, b):
    """Whether two state dicts have equal keys and tensors."""
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def loading_runner(model, checkpoint, folder):
    return Runner(model=model, work_dir=str(folder), load_from=str(checkpoint), experiment_name=str(folder),
                  custom_hooks=[dict(type="CheckLoadedHook")])
