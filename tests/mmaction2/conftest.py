"""The demo config on a tiny dataset, and MMAction2's scope."""
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from paths import DEMO
from tiny_runs import tiny_for

import vididi_transforms.mmaction2  # noqa: F401 - registers


@pytest.fixture(autouse=True)
def mmaction_scope():
    with DefaultScope.overwrite_default_scope("mmaction"):
        yield


@pytest.fixture
def tiny_options(motion, tmp_path):
    """Options that make the demo config tiny, as on the command line."""
    return {"work_dir": str(tmp_path / "work"), **tiny_for(motion)}


@pytest.fixture
def tiny(tiny_options):
    """The demo config, ViDiDi variant, at the size of a unit test."""
    cfg = Config.fromfile(DEMO)
    cfg.merge_from_dict(tiny_options)
    cfg.experiment_name = tiny_options["work_dir"]  # mmengine allows one run per name and process
    return cfg
