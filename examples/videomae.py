"""A transformer as the encoder: Hugging Face's VideoMAE with VICReg and ViDiDi.

Its position embeddings are for a fixed number of frames, but a derivative is shorter
than its clip. So clips have two frames more than the encoder takes, and ``length`` cuts
every pair to that number. Its layout is [B, T, C, H, W]: time is ``dim=-4``.
``pip install . transformers``; ten seconds on a CPU.
"""
import numpy as np
import torch
from transformers import VideoMAEConfig, VideoMAEModel

import vididi_transforms as vt
from vididi_transforms.data.motions import MOTIONS, render

# a multiple of tubelet_size
FRAMES = 6
torch.manual_seed(0)
# or VideoMAEModel.from_pretrained(...)
encoder = VideoMAEModel(VideoMAEConfig(
    image_size=32, patch_size=8, num_frames=FRAMES, tubelet_size=2, hidden_size=64,
    num_hidden_layers=2, num_attention_heads=4, intermediate_size=128))
head = vt.build_projector(64, 128, 128)
optimizer = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)


def embed(clips):
    """[B, FRAMES, C, H, W] to [B, 128]: the mean of all tokens, projected."""
    return head(encoder(pixel_values=clips).last_hidden_state.mean(dim=1))


rng = np.random.default_rng(0)
# [N, T, C, H, W]
videos = torch.stack([
    render(motion, rng, frames=30, size=32)[0] for motion in [*MOTIONS] * 4])
for epoch in range(4):
    for step, batch in enumerate(videos[torch.randperm(len(videos))].split(16)):
        # two clips of FRAMES + 2 frames, every other one
        starts = torch.randint(15, (2,)).tolist()
        view1, view2 = (
            batch[:, start:start + 2 * (FRAMES + 2):2] for start in starts)
        orders = selector.orders(epoch, step)
        x1, x2 = vt.differentiate_pair(view1, view2, *orders, dim=-4, length=FRAMES)
        loss = sum(vt.vicreg_loss(embed(x1), embed(x2)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch}, step {step}: orders {orders}, "
              f"encoder sees {tuple(x1.shape)}, loss {loss:.3f}")
