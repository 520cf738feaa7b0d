"""The report of benchmarks/ablation.py."""
import json
import sys
from argparse import Namespace

import pytest
from paths import ROOT

sys.path.append(str(ROOT / "benchmarks"))

import ablation


@pytest.mark.parametrize("names", [tuple(ablation.PAPER), ("base", "vididi")])
def test_report(names, tmp_path, capsys):
    """Of all rows, and of some of them."""
    (tmp_path / "runs").mkdir()
    settings = Namespace(work_dir=tmp_path / "runs", epochs=1, seeds=[0, 1], videos=(32, 8),
                         results=tmp_path / "results")
    recalls = {name: [value, value + 1] for name, value in ablation.PAPER.items() if name in names}
    ablation.report(recalls, settings)
    record = json.loads((settings.results / "ablation.json").read_text())
    assert record["spearman"] == 1
    assert record["recall@1"] == recalls
    assert tuple(record["paper"]) == names
    printed = capsys.readouterr().out
    assert "| `base` | 31.6 ± 0.7 | 31.1, 32.1 | 31.1 |" in printed
    assert printed.count("| `") == len(names)
    assert (settings.results / "ablation.png").stat().st_size > 10_000
