"""Not only pixels: derivatives of moving skeletons. MMAction2's ST-GCN learns from the motion of joints, with VICReg.

It takes [N, M, T, V, C]: samples, people, frames, joints, coordinates. Time is dimension -3, as in clips of frames, so
nothing has to be said about it. Half of the people here walk, half wave, each at a place and in a size of their own;
in derivatives the places are gone.
``pip install './vididi_transforms[mmaction2]'`` in a clone; it takes ten seconds on a CPU.
"""
# isort: off
import torch

import vididi_transforms as vt
import vididi_transforms.mmaction2                                      # before MMAction2, whose import it repairs
from mmaction.models import STGCN

POSE = torch.tensor([                                                   # x, y of 17 joints, in the order of COCO
    [0.0, 1.7], [0.03, 1.75], [-0.03, 1.75], [0.08, 1.7], [-0.08, 1.7],                     # nose, eyes, ears
    [0.2, 1.4], [-0.2, 1.4], [0.25, 1.1], [-0.25, 1.1], [0.25, 0.9], [-0.25, 0.9],          # shoulders, elbows, wrists
    [0.12, 0.9], [-0.12, 0.9], [0.12, 0.45], [-0.12, 0.45], [0.12, 0.0], [-0.12, 0.0]])     # hips, knees, ankles
WALK, WAVE = torch.zeros(2, 17)                                         # how far each joint swings
WALK[[9, 10, 13, 14, 15, 16]] = torch.tensor([-0.2, 0.2, 0.15, -0.15, 0.3, -0.3])
WAVE[[8, 10]] = torch.tensor([0.1, 0.4])


def skeletons(n, frames):
    """[n, 1, frames, 17, 2]."""
    swing = torch.where(torch.arange(n)[:, None] % 2 == 0, WALK, WAVE)[:, None]             # [n, 1, 17]
    time = torch.arange(frames)[:, None] * (0.2 + 0.2 * torch.rand(n, 1, 1)) + 6.3 * torch.rand(n, 1, 1)
    x = POSE[:, 0] + swing * time.sin()
    joints = torch.stack((x, POSE[:, 1].expand_as(x)), dim=-1)
    place, size = 2 * torch.randn(n, 1, 1, 2), 0.5 + torch.rand(n, 1, 1, 1)
    return (size * joints + place)[:, None]


torch.manual_seed(0)
encoder = STGCN(dict(layout="coco", mode="stgcn_spatial"), in_channels=2, base_channels=32, num_stages=4,
                inflate_stages=[3], down_stages=[3])                    # [N, M, T, V, C] to [N, M, 64, T / 2, V]
head = vt.build_projector(64, 128, 128)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)
people = skeletons(128, frames=60)
for epoch in range(4):
    for step, batch in enumerate(people[torch.randperm(len(people))].split(32)):
        view1, view2 = (batch[:, :, start:start + 32] for start in torch.randint(29, (2,)).tolist())
        orders = selector.orders(epoch, step)
        views = vt.differentiate_pair(view1, view2, *orders)
        z1, z2 = (head(encoder(view).mean(dim=(1, 3, 4))) for view in views)
        loss = sum(vt.vicreg_loss(z1, z2).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, encoder sees {tuple(views[0].shape)}, loss {loss:.3f}")
