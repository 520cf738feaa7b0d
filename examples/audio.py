"""Derivatives of sound: waveforms [B, 1, N], a 1-D encoder, VICReg.

Time is ``dim=-1``.

Half of the sounds are sweeps that rise, half fall. Each has its own pitches and a
constant offset. Derivatives are per sample, as those of videos are per frame, and the
offset is gone in them. ``pip install .``; ten seconds on a CPU.
"""
import math

import torch
from torch import nn

import vididi_transforms as vt

# samples per second
RATE = 2000
torch.manual_seed(0)


def sweeps(n, seconds):
    """[n, 1, samples]."""
    # in Hz
    low, high = 50 + 50 * torch.rand(n, 1), 200 + 100 * torch.rand(n, 1)
    share = torch.linspace(0, 1, RATE * seconds).expand(n, -1)
    share = torch.where(torch.arange(n)[:, None] % 2 == 0, share, 1 - share)
    phase = 2 * math.pi * (low + (high - low) * share).cumsum(dim=1) / RATE
    return (phase.sin() + torch.randn(n, 1))[:, None]


def block(inputs, outputs):
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, 16, 4), nn.BatchNorm1d(outputs), nn.ReLU())


encoder = nn.Sequential(
    block(1, 32), block(32, 64), block(64, 64), nn.AdaptiveAvgPool1d(1), nn.Flatten())
head = vt.build_projector(64, 128, 128)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)
sounds = sweeps(128, seconds=2)
motion = vt.temporal_difference(sounds, dim=-1)
print(f"mean of a sound {sounds[0].mean().abs():.3f}, "
      f"of its derivative {motion[0].mean().abs():.3f}")
for epoch in range(4):
    for step, batch in enumerate(sounds[torch.randperm(len(sounds))].split(32)):
        # two clips of one second
        starts = torch.randint(RATE, (2,)).tolist()
        view1, view2 = (batch[..., start:start + RATE] for start in starts)
        orders = selector.orders(epoch, step)
        x1, x2 = vt.differentiate_pair(view1, view2, *orders, dim=-1)
        loss = sum(vt.vicreg_loss(head(encoder(x1)), head(encoder(x2))).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"encoder sees {tuple(x1.shape)}, loss {loss:.3f}")
