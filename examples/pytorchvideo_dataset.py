"""ViDiDi with PyTorchVideo: its dataset reads two random clips per video file.

`pip install '.[videos,pytorchvideo]'`
"""
import random
import sys
import tempfile
import warnings

import torch
import torchvision.transforms._functional_tensor as functional_tensor
from torch import nn
from torchvision.transforms import v2

import vididi_transforms as vt
from vididi_transforms.data.motion_videos import write_dataset

# pytorchvideo 0.1.5 imports a module by its name before torchvision 0.17. (Where
# MMAction2 is installed, `import vididi_transforms.mmaction2` repairs this.)
sys.modules.setdefault("torchvision.transforms.functional_tensor", functional_tensor)
# And it uses a decorator that torch 2.14 deprecates.
warnings.filterwarnings(
    "ignore", "`torch.jit.script_method` is deprecated", FutureWarning)
from pytorchvideo.data import Kinetics, make_clip_sampler  # noqa: E402
from pytorchvideo.transforms import (  # noqa: E402
    ApplyTransformToKey,
    RemoveKey,
    UniformTemporalSubsample,
)


def training_set(folder):
    """Samples whose `video` is [two views, C, T, H, W].

    The list of motion videos has the format of Kinetics.
    """
    # of one clip [C, T, H, W] in [0, 255]; all frames are transformed alike
    augment = v2.Compose([
        UniformTemporalSubsample(8),
        # [T, C, H, W] is torchvision's layout
        v2.Lambda(lambda clip: clip.transpose(0, 1) / 255),
        v2.RandomResizedCrop(32, scale=(0.5, 1.0), antialias=True),
        v2.RandomHorizontalFlip(),
        v2.Normalize((0.45, 0.45, 0.45), (0.225, 0.225, 0.225)),
        v2.Lambda(lambda clip: clip.transpose(0, 1)),
    ])
    transform = v2.Compose([
        ApplyTransformToKey(
            "video", lambda clips: torch.stack([augment(clip) for clip in clips])),
        # [None, None], which cannot be collated
        RemoveKey("audio"),
    ])
    # Two clips of 22 frames at 20 per second: every third of them makes 8. From another
    # number UniformTemporalSubsample would take frames at uneven steps, and their
    # differences would not be derivatives.
    clips = make_clip_sampler("random_multi", 22 / 20, 2)
    return Kinetics(f"{folder}/train.txt", clips, transform=transform,
                    video_path_prefix=folder, decode_audio=False)


# the clip sampler uses Python's generator
random.seed(0)
torch.manual_seed(0)
encoder = nn.Sequential(
    nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.BatchNorm3d(16), nn.ReLU(),
    nn.Conv3d(16, 32, 3, 2, 1), nn.BatchNorm3d(32), nn.ReLU(),
    nn.AdaptiveAvgPool3d(1), nn.Flatten(), *vt.build_projector(32, 128, 64))
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
selector = vt.PairSelector("vididi", seed=0)

with tempfile.TemporaryDirectory() as folder:
    write_dataset(folder, train=32, test=1)
    loader = torch.utils.data.DataLoader(training_set(folder), batch_size=16)
    for epoch in range(4):
        for step, batch in enumerate(loader):
            orders = selector.orders(epoch, step)
            x, x2 = vt.differentiate_pair(*batch["video"].unbind(1), *orders)
            loss = sum(vt.vicreg_loss(encoder(x), encoder(x2)).values())
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            print(f"epoch {epoch}, step {step}: orders {orders}, "
                  f"clips {tuple(x.shape)}, loss {loss.item():.3f}")
