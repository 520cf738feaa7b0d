"""MMPretrain's SimCLR and BYOL on videos, with ``dict(type="ViDiDiHook")``.

MMPretrain trains on two views of an image. With two clips of a video, a 3-D encoder
(MMAction2's) and the hook it does ViDiDi. BYOL needs no change. SimCLR takes images
only, so the encoder comes before it.
``pip install '.[mmaction2]' mmpretrain``; ten seconds on a CPU.
"""
# isort: off
import tempfile

import numpy as np
import torch
# registers the hook; before mmpretrain, whose import it may repair
import vididi_transforms.mmaction2  # noqa: F401
from mmengine.model import Sequential
from mmengine.runner import Runner
from mmpretrain.models import BYOL, SimCLR
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn
from vididi_transforms.data.motions import MOTIONS, render


class MotionClips(torch.utils.data.Dataset):
    """Two clips of 8 frames from random starts of 16 videos.

    ``inputs`` is a list of two [C, T, H, W].
    """

    def __init__(self):
        rng = np.random.default_rng(0)
        # the Runner asks for it
        self.metainfo = dict(classes=list(MOTIONS))
        self.videos = [render(motion, rng, frames=30, size=32)[0].transpose(0, 1)
                       for motion in [*MOTIONS] * 2]

    def __len__(self):
        return len(self.videos)

    def __getitem__(self, index):
        clips = [self.videos[index][:, start:start + 16:2]
                 for start in torch.randint(15, (2,)).tolist()]
        return dict(inputs=clips, data_samples=DataSample())


class AsTuple(nn.Module):
    """The input of MMPretrain's necks: a tuple of [B, D]."""

    def forward(self, x):
        return (x.flatten(1),)


class ClipSimCLR(SimCLR):
    """SimCLR makes images [2 B, C, H, W] of its views; here each is encoded first."""

    def __init__(self, encoder, **kwargs):
        super().__init__(backbone=AsTuple(), **kwargs)
        self.encoder = encoder

    def loss(self, inputs, data_samples):
        features = [self.encoder(view).squeeze(-1) for view in inputs]
        return super().loss(features, data_samples)


def encoder():
    """[B, C, T, H, W] to [B, 64, 1, 1, 1]."""
    resnet = MODELS.build(dict(
        type="mmaction.ResNet3d", depth=18, pretrained=None, base_channels=8))
    return Sequential(resnet, nn.AdaptiveAvgPool3d(1))


def mlp(width):
    return dict(
        type="NonLinearNeck", in_channels=width, hid_channels=128, out_channels=64,
        with_avg_pool=False, norm_cfg=dict(type="BN1d"))


def train(model, folder):
    name = type(model).__name__
    runner = Runner(
        model=model, work_dir=f"{folder}/{name}", experiment_name=name,
        default_scope="mmpretrain", custom_hooks=[dict(type="ViDiDiHook")],
        randomness=dict(seed=0), log_level="WARNING",
        train_cfg=dict(by_epoch=True, max_epochs=4),
        optim_wrapper=dict(optimizer=dict(type="Adam", lr=1e-3)),
        train_dataloader=dict(
            batch_size=8, dataset=MotionClips(),
            sampler=dict(type="DefaultSampler", shuffle=True),
            collate_fn=dict(type="default_collate")),
        # nothing is kept
        default_hooks=dict(checkpoint=None))
    runner.train()
    order1, order2, losses = (
        runner.message_hub.get_scalar(f"train/{scalar}").data[0]
        for scalar in ("vididi_order1", "vididi_order2", "loss"))
    for step, (i, j, loss) in enumerate(zip(order1, order2, losses, strict=True)):
        print(f"{name}, epoch {step // 2}, step {step}: "
              f"orders ({i:.0f}, {j:.0f}), loss {loss:.3f}")


torch.manual_seed(0)
shared = dict(
    neck=mlp(64),
    data_preprocessor=dict(type="VideoDataPreprocessor", format_shape="NCTHW"))
simclr = ClipSimCLR(encoder(), **shared, head=dict(
    type="ContrastiveHead", temperature=0.5, loss=dict(type="CrossEntropyLoss")))
byol = BYOL(Sequential(encoder(), AsTuple()), **shared, head=dict(
    type="LatentPredictHead", predictor=mlp(64),
    loss=dict(type="CosineSimilarityLoss")))
with tempfile.TemporaryDirectory() as folder:
    for model in (simclr, byol):
        train(model, folder)
