"""Fine-tuning and linear probe with MMAction2's tool, from a pretraining checkpoint."""
import re

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope
from paths import ROOT
from stock_tools import TOOLS, run_forked, scalars

from vididi_transforms.data.motion_videos import write_dataset

pytestmark = pytest.mark.slow
CONFIGS = ROOT / "mmaction_configs"
FINE_TUNE = CONFIGS / "recognition/r3d18_8xb16-16x4x1-100e_ucf101-rgb.py"
LINEAR = CONFIGS / "recognition/r3d18-linear_8xb16-16x4x1-100e_ucf101-rgb.py"
CLASSES = ("slide-x", "pulse")


@pytest.fixture(scope="module")
def two_motions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two_motions")
    write_dataset(folder, train=32, test=8, size=32, frames=24, classes=CLASSES)
    return folder


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A checkpoint of an initialised ViDiDi model; these tests need no trained one."""
    cfg = Config.fromfile(CONFIGS / "pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py").model
    cfg.backbone.base_channels = 8
    cfg.cls_head.in_channels = 64
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmaction"):
        model = MODELS.build(cfg)
    model.init_weights()
    path = tmp_path_factory.mktemp("pretrained") / "epoch_400.pth"
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return path


def command(config, folder, checkpoint, work_dir, epochs=2):
    """Arguments of train.py, with the config made small: 8 channels, 32 pixels, 16 successive frames."""
    tiny = work_dir.with_suffix(".py")
    tiny.write_text(f"""
_base_ = ['{config}']
model = dict(backbone=dict(base_channels=8), cls_head=dict(in_channels=64, num_classes=2, dropout_ratio=0))
load_from = '{checkpoint}'
train_cfg = dict(max_epochs={epochs}, val_interval={epochs})
param_scheduler = None
optim_wrapper = dict(optimizer=dict(lr=0.05))
resize = dict(type='Resize', scale=(32, 32))
train, test = _base_.train_pipeline, _base_.test_pipeline
train[1].transforms = test[1].transforms = [resize]
train[0].sample.frame_interval = test[0].sample.frame_interval = 1
test[0].sample.num_clips = 2
loader = dict(num_workers=0, persistent_workers=False)
videos = dict(data_prefix=dict(video='{folder}'))
train_dataloader = dict(loader, batch_size=4, dataset=dict(videos, ann_file='{folder}/train.txt', pipeline=train))
val_dataloader = dict(loader, dataset=dict(videos, ann_file='{folder}/test.txt', pipeline=test))
test_dataloader = val_dataloader
default_hooks = dict(logger=dict(interval=1))
""")
    return [TOOLS / "train.py", tiny, "--work-dir", work_dir]


def test_fine_tuning_starts_from_the_checkpoint_and_is_scored(two_motions, pretrained, tmp_path):
    log = run_forked(*command(FINE_TUNE, two_motions, pretrained, tmp_path / "work"))
    assert re.search(r"loaded (\d+) of \1 backbone tensors", log)
    losses = scalars(tmp_path / "work", "loss")
    assert len(losses) == 2 * 32 // 4
    assert all(0 < loss < 100 for loss in losses.values())
    assert 0 <= scalars(tmp_path / "work", "acc/top1")[2] <= 1


def test_linear_probe_changes_the_classifier_only(two_motions, pretrained, tmp_path):
    run_forked(*command(LINEAR, two_motions, pretrained, tmp_path / "work", epochs=1))
    before, after = (torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
                     for path in (pretrained, (tmp_path / "work/last_checkpoint").read_text()))
    shared = [key for key in after if key.startswith("backbone.")]
    assert len(shared) > 50
    assert [key for key in shared if not torch.equal(before[key], after[key])] == []


def test_checkpoint_of_another_model_is_refused(two_motions, tmp_path):
    torch.save(dict(state_dict={"encoder.weight": torch.zeros(1)}, meta={}), tmp_path / "other.pth")
    with pytest.raises(AssertionError, match="ValueError: "):
        run_forked(*command(FINE_TUNE, two_motions, tmp_path / "other.pth", tmp_path / "work"))
