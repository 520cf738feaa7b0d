"""The ablation's script: one row through the stock tool, and its report."""
import json
import sys
from argparse import Namespace

import pytest
from conftest import ROOT

from vididi_transforms.motion_videos import write_dataset

sys.path.append(str(ROOT / "benchmarks"))

import ablation


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    root = tmp_path_factory.mktemp("ablation")
    write_dataset(root / "data", train=32, test=8, size=32, frames=26)
    return Namespace(work_dir=root / "runs", data=root / "data", epochs=1, seeds=[0], videos=(32, 8),
                     results=root / "results")


@pytest.mark.slow
def test_a_row_is_trained_once(settings):
    folder = settings.work_dir / "vididi-seed0"
    recall = ablation.measure(settings, "vididi", 0)
    assert 0 <= recall <= 100
    logged = folder.glob("*/vis_data/scalars.json")
    assert ablation.measure(settings, "vididi", 0) == recall
    assert len(list(logged)) == 1
    assert ablation.seconds(settings.work_dir) > 0


def test_report(settings, capsys):
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    recalls = {name: [value, value + 1] for name, value in ablation.PAPER.items()}
    ablation.report(recalls, settings)
    record = json.loads((settings.results / "ablation.json").read_text())
    assert record["spearman"] == 1
    assert record["recall@1"] == recalls
    assert "| `base` | 31.6 ± 0.7 | 31.1, 32.1 | 31.1 |" in capsys.readouterr().out
    assert (settings.results / "ablation.png").stat().st_size > 10_000
