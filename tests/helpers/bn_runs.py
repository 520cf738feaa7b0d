"""A recognizer with two batch normalisation layers, runs with it, and its statistics in NumPy."""
import numpy as np
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

STOCK = dict(type="ActionDataPreprocessor", mean=[128.0] * 3, std=[64.0] * 3, format_shape="NCTHW")
OURS = dict(type="ClipPairDataPreprocessor", mean=[128.0] * 3, std=[64.0] * 3,
            augment=dict(p_jitter=0.8, p_gray=0.5, p_blur=0.5))


class Pairs(Dataset):
    """Videos with two clips of 5 frames each."""

    def __init__(self, videos=12):
        self.videos = videos

    def __len__(self):
        return self.videos

    def __getitem__(self, index):
        clips = np.random.default_rng(int(index)).integers(256, size=(2, 3, 5, 4, 4), dtype=np.uint8)
        clips[..., index % 3:, :] //= 2  # so that videos have different means
        return dict(inputs=torch.from_numpy(clips), data_samples=ActionDataSample())


@MODELS.register_module(force=True)
class TwoNorms(nn.Module):
    """Two pointwise convolutions, each with batch normalisation. Records what it sees in training."""

    def __init__(self, **norm):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4, **norm), nn.ReLU(),
                                    nn.Conv3d(4, 5, 1), nn.BatchNorm3d(5, **norm))
        self.seen = []

    def forward(self, view):
        if self.training:
            self.seen.append(view)
        return self.layers(view)


def model(preprocessor=None, norm=None, **kwargs):
    torch.manual_seed(0)
    head = dict(type="VICRegHead", in_channels=5, hidden_channels=8, out_channels=4)
    return MODELS.build({"type": "TwoViewRecognizer", "backbone": dict(type="TwoNorms", **(norm or {})),
                         "cls_head": head, "data_preprocessor": preprocessor or STOCK, **kwargs})


def run(folder, hooks=(), schedule="vididi", epochs=4, lr=0.0, workers=0, videos=12, val=False, **settings):
    """A training of four epochs of three steps; the runner, after it."""
    loader = dict(batch_size=4, dataset=Pairs(videos), sampler=dict(type="KeyedSampler"), num_workers=workers,
                  persistent_workers=workers > 0, collate_fn=dict(type="pseudo_collate"))
    validation = dict(val_dataloader=loader, val_cfg=dict(),
                      val_evaluator=[]) if val else {}
    number = len(list(folder.iterdir())) if folder.exists() else 0
    runner = Runner(
        model=settings.pop("model", None) or model(), work_dir=str(folder), train_dataloader=loader, **validation,
        train_cfg=dict(by_epoch=True, max_epochs=epochs), custom_hooks=[dict(type="ViDiDiHook", schedule=schedule),
                                                                        dict(type="StepSeedHook"), *hooks],
        optim_wrapper=dict(optimizer=dict(type="SGD", lr=lr)), randomness=dict(seed=3), log_level="WARNING",
        experiment_name=f"{folder}{number}", default_scope="mmaction",
        default_hooks=dict(logger=dict(type="LoggerHook", interval=1)), **settings)
    runner.train()
    return runner


def statistics(backbone):
    """The buffers of batch normalisation, as arrays by name."""
    return {name: buffer.numpy().copy() for name, buffer in backbone.named_buffers()}


def norm_inputs(backbone, view):
    """What both batch normalisation layers get from a view in training mode, ``[C, N]`` in float64."""
    x = view.double().numpy().swapaxes(0, 1).reshape(3, -1)
    found = []
    for convolution, norm in (backbone.layers[0:2], backbone.layers[3:5]):
        weight, bias = (p.detach().double().numpy() for p in (convolution.weight.flatten(1), convolution.bias))
        x = weight @ x + bias[:, None]
        found.append(x)
        scale, shift = (p.detach().double().numpy()[:, None] for p in (norm.weight, norm.bias))
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + norm.eps) * scale + shift
        x = np.maximum(x, 0)
    return found
