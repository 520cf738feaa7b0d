"""Two steps of every recipe in mixed precision, on random clips: bfloat16 and float16.

The recipes' own models (made small), optimizers and hooks run; float16 also with the scaling of the loss.
"""
import copy

import cpu_amp  # noqa: F401 - registers
import pytest
import torch
from ava_set import write_ava_set
from mmaction.registry import DATASETS
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from paths import CONFIGS, DEMO
from small_encoders import shrink_model
from torch.utils.data import Dataset

from vididi_transforms.mmaction2.engine.runner_utils import unwrap

RECIPES = [path for folder in ("pretrain", "recognition", "detection") for path in sorted((CONFIGS / folder).glob("*"))]
SMALL_DETECTOR = {
    "model.backbone.base_channels": 4, "model.backbone.stage_blocks": (1, 1, 1, 1), "load_from": None,
    "model.roi_head.bbox_head.in_channels": 32, "train_dataloader.dataset.timestamp_end": 902,
    "train_dataloader.dataset.pipeline.2.scale_range": (64, 72), "train_dataloader.dataset.pipeline.3.size": 64}


@DATASETS.register_module()
class RandomClips(Dataset):
    """Labelled samples ``[clips, 3, T, 32, 32]``, uint8."""

    def __init__(self, clips, frames):
        self.shape = clips, 3, frames, 32, 32

    def __len__(self):
        return 8

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(int(index))
        return dict(inputs=torch.randint(256, self.shape, generator=generator, dtype=torch.uint8),
                    data_samples=ActionDataSample().set_gt_label(int(index) % 2))


class Seen(Hook):
    """The dtypes of the first convolution's maps, and the losses."""

    def before_train(self, runner):
        self.dtypes, self.losses = set(), []
        model = unwrap(runner.model)
        first = next(layer for layer in model.backbone.modules() if isinstance(layer, torch.nn.Conv3d))
        first.register_forward_hook(self._note)
        model.register_forward_hook(lambda model, args, losses: self.losses.append(losses))

    def _note(self, convolution, args, maps):
        if torch.is_grad_enabled():  # not for the statistics of batch normalisation
            self.dtypes.add(maps.dtype)


def small(path):
    """The recipe with a small encoder and two steps."""
    cfg = Config.fromfile(path)
    if path.parent.name == "detection":
        cfg.merge_from_dict(SMALL_DETECTOR)
    else:
        sample = cfg.train_dataloader.dataset.pipeline[0].sample
        cfg.train_dataloader.dataset = dict(
            type="RandomClips", clips=2 if sample.type == "SampleClipPair" else 1, frames=sample.clip_len)
        shrink_model(cfg.model)
        if "num_classes" in cfg.model.cls_head:
            cfg.model.cls_head.num_classes = 2
    cfg.train_dataloader.update(batch_size=2, num_workers=0, persistent_workers=False)
    cfg.train_cfg = dict(type="IterBasedTrainLoop", max_iters=2)
    cfg.update(param_scheduler=None, val_dataloader=None, val_cfg=None, val_evaluator=None, log_level="WARNING",
               sync_bn=None, load_from=None)
    cfg.default_hooks.pop("checkpoint")
    return cfg


def parts(path):
    """What depends on the precision. A recipe with ViDiDi, whose schedule has (0, 0), stands for the one without."""
    cfg = small(path)
    cfg.optim_wrapper.optimizer.pop("lr")
    return repr([cfg.model, cfg.optim_wrapper, cfg.default_hooks])


DIFFERENT = {parts(path): path for path in [*RECIPES, DEMO]}


@pytest.fixture(scope="module")
def ava(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ava")
    write_ava_set(folder / "data/ava", train=4, val=1, size=32)
    return folder


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("path", DIFFERENT.values(), ids=lambda path: path.stem)
def test_two_steps(path, dtype, tmp_path, request, monkeypatch):
    if path.parent.name == "detection":
        monkeypatch.chdir(request.getfixturevalue("ava"))
    cfg = small(path)
    if (cfg.model.backbone.type, dtype) == ("TorchvisionVideoBackbone", torch.float16):
        cfg.model.backbone.frozen_stages = 4  # on a CPU the backward pass of these wide layers takes minutes
    cfg.optim_wrapper.update(type="CpuAmpOptimWrapper", dtype=str(dtype).removeprefix("torch."), init_scale=2.0**7)
    cfg.update(work_dir=str(tmp_path), experiment_name=str(tmp_path), randomness=dict(seed=0))
    runner = Runner.from_cfg(cfg)
    runner.register_hook(seen := Seen())
    before = copy.deepcopy(runner.model.state_dict())
    runner.train()
    assert seen.dtypes == {dtype}
    losses = [loss for step in seen.losses for name, loss in step.items() if "loss" in name]
    assert len(losses) >= 2
    assert all(loss.dtype == torch.float32 and loss.isfinite() for loss in losses)
    after = dict(unwrap(runner.model).named_parameters())
    assert all(value.isfinite().all() for value in after.values())
    convolutions = [name for name, value in after.items() if value.requires_grad and name.startswith("backbone")
                    and value.ndim > 1]
    assert [name for name in convolutions if torch.equal(after[name], before[name])] == []
