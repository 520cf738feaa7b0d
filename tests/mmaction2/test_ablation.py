"""The report of benchmarks/ablation.py."""
import json
import sys
from argparse import Namespace

from paths import ROOT

sys.path.append(str(ROOT / "benchmarks"))

import ablation


def test_report(tmp_path, capsys):
    (tmp_path / "runs").mkdir()
    settings = Namespace(work_dir=tmp_path / "runs", epochs=1, seeds=[0, 1], videos=(32, 8),
                         results=tmp_path / "results")
    recalls = {name: [value, value + 1] for name, value in ablation.PAPER.items()}
    ablation.report(recalls, settings)
    record = json.loads((settings.results / "ablation.json").read_text())
    assert record["spearman"] == 1
    assert record["recall@1"] == recalls
    assert "| `base` | 31.6 ± 0.7 | 31.1, 32.1 | 31.1 |" in capsys.readouterr().out
    assert (settings.results / "ablation.png").stat().st_size > 10_000
