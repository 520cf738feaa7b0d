"""Runners on random clips, with a model that records its inputs."""
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseDataPreprocessor, BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

import vididi_transforms as vt


class Clips(Dataset):
    """12 videos, each with two clips ``[3, T, 4, 4]``."""

    def __init__(self, frames=5):
        self.clips = torch.randn(12, 2, 3, frames, 4, 4, generator=torch.Generator().manual_seed(0))

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, index):
        return dict(inputs=self.clips[index], index=int(index))


class ListPreprocessor(BaseDataPreprocessor):
    """Returns the views as a list, as MMPretrain does."""

    def forward(self, data, training=False):
        return dict(inputs=list(data["inputs"].unbind(1)), index=data["index"])


class Recorder(BaseModel):
    """Records its inputs."""

    def __init__(self, data_preprocessor=None):
        super().__init__(data_preprocessor)
        self.weight = nn.Parameter(torch.zeros(()))
        self.seen = []

    def forward(self, inputs, index, mode="tensor"):
        self.seen.append((mode, inputs, index))
        return dict(loss=self.weight**2) if mode == "loss" else [0]


def make_runner(tmp_path, hooks, preprocessor=None, epochs=4, iters=None, frames=5, sampler="DefaultSampler", **kwargs):
    train_cfg = dict(by_epoch=False, max_iters=iters) if iters else dict(by_epoch=True, max_epochs=epochs)
    data = Clips(frames)
    return Runner(
        model=kwargs.pop("model", None) or Recorder(preprocessor), work_dir=str(tmp_path / "work"), train_cfg=train_cfg,
        train_dataloader=kwargs.pop("train_dataloader", None) or loader(data, sampler),
        optim_wrapper=kwargs.pop("optim_wrapper", dict(optimizer=dict(type="SGD", lr=0.0))), custom_hooks=hooks,
        experiment_name=f"{tmp_path}{len(list(tmp_path.iterdir()))}", log_level="WARNING",
        randomness=kwargs.pop("randomness", dict(seed=5)), **kwargs)


def loader(data, sampler="DefaultSampler"):
    return dict(batch_size=4, dataset=data, sampler=dict(type=sampler, shuffle=False),
                collate_fn=dict(type="default_collate"))


def lost_frames(runner):
    """How many of the 5 frames each step of the run lost to the derivatives."""
    return [5 - inputs.shape[3] for _, inputs, _ in runner.model.seen]


def expected(orders, index, clips=None):
    clips = Clips().clips if clips is None else clips
    return vt.differentiate_pair(*clips[index].unbind(1), *orders)


class StopAt(Hook):
    def __init__(self, epoch):
        self.epoch = epoch

    def before_train_epoch(self, runner):
        if runner.epoch == self.epoch:
            raise KeyboardInterrupt
