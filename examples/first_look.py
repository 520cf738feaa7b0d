# %% [markdown]
# # A first look
# Videos, their temporal derivatives, the schedule that pairs them, and a minute of
# training, without MMAction2. A CPU is enough.
# `pip install '.[videos]' matplotlib` in the clone.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

import vididi_transforms as vt
from vididi_transforms.analysis.derivative_strip import derivative_strip
from vididi_transforms.data.motions import MOTIONS, render

# %% [markdown]
# ## A video and its derivatives
# The class of a motion video is how its shape moves. The background is random and
# static, so it is not in the derivatives.

# %%
# [T, 3, H, W]
video, mask = render("circle", np.random.default_rng(1), frames=22)
plt.figure(figsize=(10, 4))
plt.imshow(derivative_strip(video[::3].transpose(0, 1)))
plt.yticks([32, 96, 160], ["frames", "1st derivative", "2nd derivative"])
plt.xticks([])
plt.show()

# %% [markdown]
# ## Derivative orders by epoch
# The derivative orders of the two views are a pure function of (seed, epoch, step).

# %%
selector = vt.PairSelector("vididi", seed=0)
for epoch in range(4):
    print(f"epoch {epoch}:", *(selector.orders(epoch, step) for step in range(8)))

# %% [markdown]
# ## Two views of a batch
# Two clips of each video, each with its own augmentation. One call augments all clips
# and computes their derivatives.

# %%
names = list(MOTIONS)
rng = np.random.default_rng(0)
labels = torch.arange(160) % len(names)
videos = torch.stack([
    render(names[label], rng, frames=32, size=40)[0] for label in labels])
# uint8 [N, C, T, H, W]
videos = (videos.transpose(1, 2) * 255).byte()
augment = vt.ClipAugment(size=32, area=(0.5, 1.0), kernel_size=3)


def two_views(batch, orders, key):
    """Clips of 8 frames (every third one) from random starts."""
    generator = torch.Generator().manual_seed(key)
    starts = torch.randint(32 - 22 + 1, (2,), generator=generator)
    views = []
    for view, order in enumerate(orders):
        clips = batch[:, :, starts[view]:starts[view] + 22:3]
        params = augment.draw(clips.shape, key, view)
        views += augment(clips, params, orders=(order,))
    frames = min(view.shape[2] for view in views)
    return [view[:, :, :frames] for view in views]


a, b = two_views(videos[:4], (1, 0), key=7)
print(tuple(a.shape), tuple(b.shape))

# %% [markdown]
# ## A minute of training
# The encoder is small, the objective VICReg. (`make demo` compares training with and
# without ViDiDi.)

# %%
torch.manual_seed(0)
encoder = nn.Sequential(
    nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.BatchNorm3d(16), nn.ReLU(),
    nn.Conv3d(16, 32, 3, 2, 1), nn.BatchNorm3d(32), nn.ReLU(),
    nn.Conv3d(32, 64, 3, 2, 1), nn.BatchNorm3d(64), nn.ReLU(),
    nn.AdaptiveAvgPool3d(1), nn.Flatten())
head = vt.build_projector(64, 128, 64)
optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=1e-3)
losses, step = [], 0
for epoch in range(8):
    for batch in videos[torch.randperm(len(videos))].split(32):
        views = two_views(batch, selector.orders(epoch, step), key=step)
        loss = sum(vt.vicreg_loss(*(head(encoder(view)) for view in views)).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        step += 1
plt.figure(figsize=(6, 2.5))
plt.plot(losses)
plt.xlabel("step")
plt.ylabel("loss")
plt.show()

# %% [markdown]
# ## Retrieval
# Does a video find videos of its own motion? This training is too short to tell, but
# this is how it is measured.

# %%
# normalises only
plain = vt.ClipAugment(size=None, p_flip=0, p_blur=0, p_jitter=0, p_gray=0)
clips = videos[:, :, :22:3]
with torch.no_grad():
    features = encoder.eval()(plain(clips, plain.draw(clips.shape, 0))[0])
recalls = vt.recall_at_k(
    features[:120], labels[:120], features[120:], labels[120:], topk=(1, 5))
print({f"R@{k}": round(recall, 3) for k, recall in recalls.items()},
      "chance of R@1:", 1 / len(names))
