"""The README tells the truth."""
import json
import re

import pytest
from paths import ROOT

README = (ROOT / "README.md").read_text()
RESULTS = ROOT / "benchmarks/results/demo.json"


def test_files_exist():
    named = re.findall(r"\]\(([\w/.]+)\)|`((?:docs|benchmarks|mmaction_configs)/[\w./-]+)`", README)
    assert named
    assert [path for path in map("".join, named) if not (ROOT / path).exists()] == []


def test_table_is_the_result_file():
    from vididi_transforms.mmaction2.demo import METHODS, table

    report = json.loads(RESULTS.read_text())
    results = {name: report[name] for name in ("chance", "untrained", *METHODS)}
    assert table(results, report["seconds"]).strip() in README
    assert report["run"]["date"] in README
    assert report["run"]["machine"] in README


@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_are_told_of(seed):
    report = json.loads((RESULTS.parent / f"demo-seed{seed}.json").read_text())
    vicreg, vididi = (f"{100 * report[name]['top1']:.1f} %" for name in ("vicreg", "vididi-vicreg"))
    assert f"{vicreg} and {vididi} with seed {seed}" in README
    assert report["run"]["command"].endswith(f"randomness.seed={seed}")


def test_the_demo_again_gave_the_same_numbers():
    first, again = (json.loads((RESULTS.parent / f"{name}.json").read_text()) for name in ("demo", "demo-again"))
    assert first.pop("seconds") != again.pop("seconds")  # another run
    assert first == again


@pytest.mark.parametrize(("page", "name"), [("README.md", "batched_pass"), ("README.md", "ablation"),
                                            ("README.md", "fine_tuning"), ("README.md", "clustering"),
                                            ("README.md", "saliency"),
                                            ("docs/cluster.md", "processes")])
def test_tables_are_the_result_files(page, name):
    text = (ROOT / page).read_text()
    run = json.loads((RESULTS.parent / f"{name}.json").read_text())["run"]
    assert (RESULTS.parent / f"{name}.md").read_text().strip() in text
    assert run["command"] in text
    assert run["date"] in text


@pytest.mark.parametrize("key", ["date", "command", "python", "machine", "versions"])
def test_results_say_where_they_come_from(key):
    assert json.loads(RESULTS.read_text())["run"][key]
