"""docs/results.md has the numbers of the result files, with their command and date."""
import json

import pytest
from paths import ROOT

PAGE = (ROOT / "docs/results.md").read_text()
RESULTS = ROOT / "benchmarks/results"


def demo(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def test_table_is_the_result_file():
    from vididi_transforms.mmaction2.demo import METHODS, table

    report = demo("demo")
    results = {name: report[name] for name in ("chance", "untrained", *METHODS)}
    assert table(results, report["seconds"]).strip() in PAGE
    assert report["run"]["date"] in PAGE
    assert report["run"]["machine"] in PAGE
    assert f"PyTorch {report['run']['versions']['torch']}" in PAGE


@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_are_reported(seed):
    report = demo(f"demo-seed{seed}")
    vicreg, vididi = (f"{100 * report[name]['top1']:.1f} %" for name in ("vicreg", "vididi-vicreg"))
    assert f"{vicreg} and {vididi} with seed {seed}" in " ".join(PAGE.split())
    assert report["run"]["command"].endswith(f"randomness.seed={seed}")


def test_scores_of_all_seeds_are_reported():
    runs = [demo(name) for name in ("demo", "demo-seed1", "demo-seed2")]
    text = " ".join(PAGE.split())
    vididi, vicreg = ([f"{run[name]['silhouette']:.3f}" for run in runs] for name in ("vididi-vicreg", "vicreg"))
    assert "{}, {} and {} with seeds 0, 1 and 2 (VICReg {}, {}, {})".format(*vididi, *vicreg) in text
    vididi, vicreg = ([f"{100 * run[name]['attention']:.1f}" for run in runs] for name in ("vididi-vicreg", "vicreg"))
    assert "{}, {} and {} % (VICReg {}, {}, {} %)".format(*vididi, *vicreg) in text


@pytest.mark.parametrize(("page", "name"), [("results", "ablation"), ("results", "bn_statistics"),
                                            ("results", "fine_tuning"),
                                            ("results", "clustering"), ("results", "saliency"),
                                            ("performance", "batched_pass"), ("cluster", "processes"),
                                            ("readers", "reading")])
def test_tables_are_the_result_files(page, name):
    text = (ROOT / f"docs/{page}.md").read_text()
    run = demo(name)["run"]
    assert (RESULTS / f"{name}.md").read_text().strip() in text
    assert run["command"] in text
    assert run["date"] in text
