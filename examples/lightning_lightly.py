"""ViDiDi with Lightning and lightly's heads and losses of VICReg and SimCLR.

`pip install . lightning lightly`
"""
import logging
import warnings

import lightning
import numpy as np
import torch
from lightly.loss import NTXentLoss, VICRegLoss
from lightly.models.modules.heads import SimCLRProjectionHead, VICRegProjectionHead
from torch import nn
from torch.utils.data import DataLoader, Dataset

import vididi_transforms as vt
from vididi_transforms.data.motions import MOTIONS, render

# no tips
logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
# Lightning 2.6 uses a class that torch 2.14 deprecates, in every `fit`.
warnings.filterwarnings(
    "ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)


class TwoClips(Dataset):
    """Two clips [C, 8, H, W] from random starts of each video."""

    def __len__(self):
        return 32

    def __getitem__(self, index):
        motion = list(MOTIONS)[index % len(MOTIONS)]
        video, _ = render(motion, np.random.default_rng(index), frames=32, size=32)
        starts = torch.randint(9, (2,)).tolist()
        return [video[start:start + 24:3].transpose(0, 1) for start in starts]


class ViDiDi(lightning.LightningModule):
    def __init__(self, head, loss):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.BatchNorm3d(16), nn.ReLU(),
            nn.Conv3d(16, 32, 3, 2, 1), nn.BatchNorm3d(32), nn.ReLU(),
            nn.AdaptiveAvgPool3d(1), nn.Flatten())
        self.head, self.loss = head, loss
        self.augment = vt.ClipAugment(size=32, area=(0.5, 1.0), seed=0)
        self.selector = vt.PairSelector("vididi", seed=0)

    def training_step(self, clips, batch_index):
        views = []
        # each clip of each rank has its own random parameters
        for view, clip in enumerate(clips, start=2 * self.global_rank):
            key = self.current_epoch, batch_index, view
            views += self.augment(clip, self.augment.draw(clip.shape, *key))
        # the same on all ranks, and after a resume
        key = self.current_epoch, self.global_step
        orders = self.selector.orders(*key)
        x, x2 = vt.differentiate_pair(*views, *orders)
        loss = self.loss(self.head(self.encoder(x)), self.head(self.encoder(x2)))
        self.print(f"epoch {key[0]}, step {key[1]}: orders {orders}, "
                   f"clips {tuple(x.shape)}, loss {loss.item():.3f}")
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


if __name__ == "__main__":
    lightning.seed_everything(0, verbose=False)
    loader = DataLoader(TwoClips(), batch_size=16, shuffle=True, drop_last=True,
                        num_workers=2, persistent_workers=True)
    methods = [(VICRegProjectionHead(32, 128, 64), VICRegLoss()),
               (SimCLRProjectionHead(32, 128, 64), NTXentLoss(temperature=0.1))]
    for head, loss in methods:
        print(type(loss).__name__)
        trainer = lightning.Trainer(
            max_epochs=4, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False)
        trainer.fit(ViDiDi(head, loss), loader)
