"""docs/performance.md has the output of the benchmarks; the config on it works."""
import json
import re

import pytest
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config
from paths import ROOT

TEXT = (ROOT / "docs/performance.md").read_text()
RESULTS = ROOT / "benchmarks/results"


@pytest.mark.parametrize("name", ["batched_pass", "growth", "training_step", "retrieval"])
def test_tables_are_the_result_files(name):
    assert (RESULTS / f"{name}.md").read_text().strip() in TEXT
    run = json.loads((RESULTS / f"{name}.json").read_text())["run"]
    assert run["command"].startswith(f"python benchmarks/{name}.py")
    assert all(run[key] for key in ("date", "machine", "versions"))
    assert f"`{run['command'].split(' --')[0]}`" in TEXT


def test_cpu_config_augments_in_the_pipeline_only(motion, tmp_path):
    block = re.search(r"```python\n(_base_ .*?)```", TEXT, flags=re.S)[1]
    (tmp_path / "cpu.py").write_text(block.replace("mmaction_configs/", f"{ROOT}/mmaction_configs/"))
    cfg = Config.fromfile(tmp_path / "cpu.py")
    augment = MODELS.build(cfg.model).data_preprocessor.augment
    assert (augment.p_blur, augment.p_jitter, augment.p_gray) == (0, 0, 0)
    dataset = cfg.train_dataloader.dataset
    dataset.update(ann_file=f"{motion}/train.txt", data_prefix=dict(video=str(motion)))
    assert DATASETS.build(dataset)[0]["inputs"].shape == (2, 3, 8, 112, 112)
    assert [t.type for t in dataset.pipeline[1].transforms][-3:] == ["ClipGaussianBlur", "ClipColorJitter",
                                                                     "ClipGrayscale"]
