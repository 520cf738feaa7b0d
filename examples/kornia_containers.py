"""ViDiDi with kornia: its containers augment whole batches, and masks like frames.

`pip install . kornia`
"""
import kornia.augmentation as K
import numpy as np
import torch
from torch import nn

import vididi_transforms as vt
from vididi_transforms.data.motions import MOTIONS, render


def containers(same_on_frame=True):
    """For [B, C, T, H, W]; `same_on_frame`: parameters per clip, not per frame."""
    clips = K.VideoSequential(
        # not ColorJitter, which takes the contrast mean per frame
        K.ColorJiggle(0.2, 0.2, 0.2, 0.05, p=0.8),
        K.RandomGrayscale(p=0.5),
        K.RandomResizedCrop((32, 32), scale=(0.5, 1.0)),
        K.RandomHorizontalFlip(),
        data_format="BCTHW", same_on_frame=same_on_frame)
    return K.AugmentationSequential(clips, data_keys=["input", "mask"])


def on_shape(clips, masks):
    """Share of the first derivative on the shape, in the frame or in the next one."""
    change = vt.temporal_difference(clips).abs().sum(1, keepdim=True)
    return (change * masks.unfold(2, 2, 1).amax(-1)).sum() / change.sum()


torch.manual_seed(0)
rng = np.random.default_rng(0)
rendered = [render(motion, rng, frames=8, size=40) for motion in list(MOTIONS) * 4]
videos, masks = zip(*rendered, strict=True)
# [B, 3, T, H, W] and [B, 1, T, H, W]
videos, masks = (torch.stack(frames).transpose(1, 2) for frames in (videos, masks))
masks = (masks > 0.01).float()
# False adds motion that is not in the video: keep to True
for same in (True, False):
    share = on_shape(*containers(same)(videos, masks))
    print(f"same_on_frame={same}: {share:.1%} of the derivative is on the shape")

augment = containers()
encoder = nn.Sequential(
    nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.BatchNorm3d(16), nn.ReLU(),
    nn.Conv3d(16, 32, 3, 2, 1), nn.BatchNorm3d(32), nn.ReLU(),
    nn.AdaptiveAvgPool3d(1), nn.Flatten(),
    *vt.build_projector(32, 128, 64))
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)
for epoch in range(4):
    for step, rows in enumerate(torch.randperm(len(videos)).split(16)):
        views = [augment(videos[rows], masks[rows])[0] for _ in range(2)]
        orders = selector.orders(epoch, step)
        x, x2 = vt.differentiate_pair(*views, *orders)
        loss = sum(vt.vicreg_loss(encoder(x), encoder(x2)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"clips {tuple(x.shape)}, loss {loss.item():.3f}")
