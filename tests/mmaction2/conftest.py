"""A tiny data set of real encoded videos, and the demo config at that size."""
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

import vididi_transforms.mmaction2  # noqa: F401 - registers
from vididi_transforms.motion_videos import write_dataset

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "mmaction_configs/demo/vididi-vicreg_r3d-tiny_1xb32-8x3x2-24e_motion-rgb.py"


@pytest.fixture(autouse=True)
def mmaction_scope():
    with DefaultScope.overwrite_default_scope("mmaction"):
        yield


@pytest.fixture(scope="session")
def motion(tmp_path_factory):
    """Folder with 16 training and 8 test videos."""
    folder = tmp_path_factory.mktemp("motion")
    write_dataset(folder, train=16, test=8, size=32, frames=26)
    return folder


@pytest.fixture
def tiny_options(motion, tmp_path):
    """What makes the demo config tiny: options as the command line takes them."""
    return {"work_dir": str(tmp_path / "work"), **tiny_for(motion)}


def tiny_for(motion):
    """The same without a folder to work in."""
    options = {
        "model.backbone.base_channels": 4,
        "model.cls_head.in_channels": 32,
        "train_cfg.max_epochs": 2,
        "train_cfg.val_interval": 2,
        "train_dataloader.batch_size": 4,
        "train_dataloader.num_workers": 0,
        "train_dataloader.persistent_workers": False,
        "train_dataloader.dataset.ann_file": f"{motion}/train.txt",
        "train_dataloader.dataset.data_prefix.video": str(motion),
        "default_hooks.logger.interval": 1,
        "default_hooks.checkpoint.interval": 1,
    }
    for loader in ("val_dataloader", "test_dataloader"):
        options |= {f"{loader}.num_workers": 0, f"{loader}.persistent_workers": False}
        for number, name in enumerate(("train.txt", "test.txt")):
            options[f"{loader}.dataset.datasets.{number}.ann_file"] = f"{motion}/{name}"
            options[f"{loader}.dataset.datasets.{number}.data_prefix.video"] = str(motion)
    return options


@pytest.fixture
def tiny(tiny_options):
    """The demo config, ViDiDi variant, at the size of a unit test."""
    cfg = Config.fromfile(DEMO)
    cfg.merge_from_dict(tiny_options)
    cfg.experiment_name = tiny_options["work_dir"]  # mmengine keeps one of a name in a process
    return cfg
