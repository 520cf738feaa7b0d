"""Derivatives of moving skeletons: MMAction2's ST-GCN with VICReg and ViDiDi.

It takes [N, M, T, V, C]: samples, people, frames, joints, coordinates. Time is
dimension -3, the default. Half of the people here walk, half wave, each at a place and
in a size of their own; in derivatives the places are gone.
``pip install '.[mmaction2]'``; ten seconds on a CPU.
"""
# isort: off
import torch

import vididi_transforms as vt
# before MMAction2: it repairs MMAction2's import
import vididi_transforms.mmaction2
from mmaction.models import STGCN

# x and y of 17 joints, in the order of COCO: nose, eyes, ears; shoulders, elbows,
# wrists; hips, knees, ankles
POSE = torch.tensor([
    [0.0, 1.7], [0.03, 1.75], [-0.03, 1.75], [0.08, 1.7], [-0.08, 1.7],
    [0.2, 1.4], [-0.2, 1.4], [0.25, 1.1], [-0.25, 1.1], [0.25, 0.9], [-0.25, 0.9],
    [0.12, 0.9], [-0.12, 0.9], [0.12, 0.45], [-0.12, 0.45], [0.12, 0.0], [-0.12, 0.0]])
# how far each joint swings
WALK, WAVE = torch.zeros(2, 17)
WALK[[9, 10, 13, 14, 15, 16]] = torch.tensor([-0.2, 0.2, 0.15, -0.15, 0.3, -0.3])
WAVE[[8, 10]] = torch.tensor([0.1, 0.4])


def skeletons(n, frames):
    """[n, 1, frames, 17, 2]."""
    # [n, 1, 17]
    swing = torch.where(torch.arange(n)[:, None] % 2 == 0, WALK, WAVE)[:, None]
    speed, start = 0.2 + 0.2 * torch.rand(n, 1, 1), 6.3 * torch.rand(n, 1, 1)
    time = torch.arange(frames)[:, None] * speed + start
    x = POSE[:, 0] + swing * time.sin()
    joints = torch.stack((x, POSE[:, 1].expand_as(x)), dim=-1)
    place, size = 2 * torch.randn(n, 1, 1, 2), 0.5 + torch.rand(n, 1, 1, 1)
    return (size * joints + place)[:, None]


torch.manual_seed(0)
# [N, M, T, V, C] to [N, M, 64, T / 2, V]
encoder = STGCN(
    dict(layout="coco", mode="stgcn_spatial"), in_channels=2, base_channels=32,
    num_stages=4, inflate_stages=[3], down_stages=[3])
head = vt.build_projector(64, 128, 128)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)
people = skeletons(128, frames=60)
for epoch in range(4):
    for step, batch in enumerate(people[torch.randperm(len(people))].split(32)):
        starts = torch.randint(29, (2,)).tolist()
        view1, view2 = (batch[:, :, start:start + 32] for start in starts)
        orders = selector.orders(epoch, step)
        views = vt.differentiate_pair(view1, view2, *orders)
        z1, z2 = (head(encoder(view).mean(dim=(1, 3, 4))) for view in views)
        loss = sum(vt.vicreg_loss(z1, z2).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"encoder sees {tuple(views[0].shape)}, loss {loss:.3f}")
