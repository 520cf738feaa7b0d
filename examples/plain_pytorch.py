"""VICReg with ViDiDi in plain PyTorch.

Two augmented clips per video are differentiated by Algorithm 1 of the paper. Needs only
the core: `pip install .` in the clone.
"""
import numpy as np
import torch
from torch import nn

import vididi_transforms as vt
from vididi_transforms.data.motions import MOTIONS, render

torch.manual_seed(0)
rng = np.random.default_rng(0)
videos = torch.stack([
    render(motion, rng, frames=32, size=32)[0] for motion in MOTIONS for _ in range(8)])
# [B, C, T, H, W] in [0, 1]
videos = videos.transpose(1, 2)

encoder = nn.Sequential(
    nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.BatchNorm3d(16), nn.ReLU(),
    nn.Conv3d(16, 32, 3, 2, 1), nn.BatchNorm3d(32), nn.ReLU(),
    nn.AdaptiveAvgPool3d(1), nn.Flatten())
head = vt.build_projector(32, 128, 64)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
augment = vt.ClipAugment(size=32, area=(0.5, 1.0), seed=0)
selector = vt.PairSelector("vididi", seed=0)

for epoch in range(4):
    for step, batch in enumerate(videos[torch.randperm(len(videos))].split(32)):
        views = []
        for view, start in enumerate(torch.randint(9, (2,))):
            # 8 frames, every third
            clip = batch[:, :, start:start + 24:3]
            params = augment.draw(clip.shape, epoch, step, view)
            views += augment(clip, params)
        orders = selector.orders(epoch, step)
        # both have 8 - max(orders) frames
        x, x2 = vt.differentiate_pair(*views, *orders)
        loss = sum(vt.vicreg_loss(head(encoder(x)), head(encoder(x2))).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"clips {tuple(x.shape)}, loss {loss.item():.3f}")
