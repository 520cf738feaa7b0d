"""ViDiDi with torchvision: `vt.TemporalDifference` in a `v2.Compose`, r3d_18.

torchvision's videos are [T, C, H, W], so time is `dim=-4` (the default, -3, would be
the colours). `pip install . torchvision`
"""
import numpy as np
import torch
from torchvision.models.video import r3d_18
from torchvision.transforms import v2

import vididi_transforms as vt
from vididi_transforms.data.motions import MOTIONS, render

stock = [
    v2.RandomResizedCrop(32, scale=(0.5, 1.0), antialias=True),
    v2.RandomHorizontalFlip(),
    # no contrast: torchvision takes its mean per frame, which would flicker
    v2.RandomApply([v2.ColorJitter(0.2, 0, 0.2, 0.05)], p=0.8),
    v2.RandomGrayscale(p=0.5),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
]


def view(videos, order):
    """A random clip per video, its frames augmented alike: [B, C, T - order, H, W]."""
    transform = v2.Compose([*stock, vt.TemporalDifference(order, dim=-4)])
    starts = torch.randint(24 - 8 + 1, (len(videos),)).tolist()
    clips = [transform(video[start:start + 8])
             for video, start in zip(videos, starts, strict=True)]
    return torch.stack(clips).transpose(1, 2)


torch.manual_seed(0)
rng = np.random.default_rng(0)
videos = [(render(motion, rng, frames=24, size=40)[0] * 255).byte()
          for motion in list(MOTIONS) * 2]
encoder = r3d_18(weights=None)
encoder.fc = vt.build_projector(512, 512, 256)
optimizer = torch.optim.SGD(encoder.parameters(), lr=0.01, momentum=0.9)
selector = vt.PairSelector("vididi", seed=0)

for epoch in range(4):
    for step in range(2):
        optimizer.zero_grad()
        orders = selector.orders(epoch, step)
        batch = videos[8 * step:8 * step + 8]
        x, x2 = vt.match_length(*(view(batch, order) for order in orders))
        loss = sum(vt.vicreg_loss(encoder(x), encoder(x2)).values())
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"clips {tuple(x.shape)}, loss {loss.item():.3f}")
