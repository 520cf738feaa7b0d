"""Every benchmark runs, in a copy of the folder and with much smaller settings."""
import json
import shutil
from functools import cache
from importlib.util import find_spec

import pytest
from paths import ROOT
from stock_tools import run_forked

pytestmark = pytest.mark.slow
WITH_CONSTANTS = """
import sys
sys.path.insert(0, "benchmarks")
import {} as module
{}
if __name__ == "__main__":
    module.main()
"""
NEEDS = {"fine_tuning": ["ablation"], "clustering": ["ablation"], "saliency": ["ablation", "fine_tuning"]}
ABLATION = ["--ablation", "work_dirs/ablation/1e-32-16", "--data", "data/motion-ablation/32-16", "--seeds", "0"]
SCHEDULES = ("base", "schedule-1st-mix", "vididi")  # which the other benchmarks need
SMALL = {
    "ablation": ["--videos", "32", "16", "--epochs", "1", "--seeds", "0", "--schedules", *SCHEDULES],
    "bn_statistics": ["--videos", "32", "16", "--epochs", "1", "--seeds", "0"],
    "fine_tuning": ABLATION,
    "clustering": ABLATION,
    "saliency": [*ABLATION, "--videos", "4"],
    "batched_pass": ["--clips", "2", "--frames", "4", "--size", "32", "--rounds", "1"],
    "finite": ["--clips", "300"],
    "processes": ["--batch", "2", "--rounds", "1"],
    "training_step": ["--data", "{motion}", "--batch", "2", "--width", "4", "--rounds", "1"],
    "growth": ["--data", "{motion}"],
    "retrieval": [],
    "reading": ["--rounds", "1", "--timeout", "5", "{motion}/test"],
}
CONSTANTS = {  # replaced in the module where there is no option
    "growth": dict(SHAPES=[(2, 8, 32), (4, 8, 32)], BASE=(2, 8, 32)),
    "processes": dict(COUNTS="module.COUNTS[:2]"),
    "reading": dict(FRAMES=40),
    "retrieval": dict(GALLERY=50, QUERIES=20, GROWTH=(100, 200)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the benchmarks and configs of a clone."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks", ignore=shutil.ignore_patterns("results", "__*"))
    for name in ("mmaction_configs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def start(name, folder, motion):
    """Run a benchmark; returns what it prints."""
    values = "\n".join(f"module.{key} = {value}" for key, value in CONSTANTS.get(name, {}).items())
    script = folder / (f"small_{name}.py" if values else f"benchmarks/{name}.py")
    if values:
        script.write_text(WITH_CONSTANTS.format(name, values))
    return run_forked(script, *(option.format(motion=motion) for option in SMALL[name]), cwd=folder)


@pytest.fixture(scope="module")
def printed(folder, motion):
    """A function that returns what a benchmark prints. Each runs once, after those whose results it needs."""
    @cache
    def by_name(name):
        for needed in NEEDS.get(name, ()):
            by_name(needed)
        return start(name, folder, motion)

    return by_name


@pytest.mark.parametrize("name", SMALL)
def test_benchmark(name, folder, printed):
    """It prints the table that it writes, with the same columns as the committed one; torchcodec may be missing."""
    text = printed(name)
    table, = (folder / "benchmarks/results").glob(f"{name}*.md")
    assert table.read_text() in text
    committed = (ROOT / f"benchmarks/results/{name}.md").read_text().split("\n")[0]
    columns = committed if find_spec("torchcodec") else committed.replace(" torchcodec |", "")
    assert table.read_text().split("\n")[0] == columns


def test_the_ablation_trains_each_row_once(folder, motion, printed):
    printed("ablation")
    logs = sorted(folder.glob("work_dirs/ablation/*/*/*/vis_data/scalars.json"))
    result = json.loads((folder / "benchmarks/results/ablation.json").read_text())
    assert [log.parts[-4] for log in logs] == [f"{name}-seed0" for name in SCHEDULES]
    assert tuple(result["recall@1"]) == SCHEDULES
    assert all(0 <= recall <= 100 for recalls in result["recall@1"].values() for recall in recalls)
    assert result["seconds of training"] > 0
    assert (folder / "benchmarks/results/ablation.md").read_text() in start("ablation", folder, motion)
    assert sorted(folder.glob("work_dirs/ablation/*/*/*/vis_data/scalars.json")) == logs


def test_the_check_for_finite_clips_continues(folder, motion, printed):
    """Batches that were checked are not checked again, unless the code or its versions are others."""
    printed("finite")
    path = folder / "work_dirs/finite/eager.json"
    progress = json.loads(path.read_text())
    assert progress["batches"] == 3
    path.write_text(json.dumps(progress | {"batches": 2, "not finite": progress["not finite"] | {"noise": 7}}))
    start("finite", folder, motion)
    result = json.loads((folder / "benchmarks/results/finite.json").read_text())
    assert (result["clips"], result["not finite"]) == (300, 7)
    path.write_text(json.dumps(progress | {"settings": {}, "not finite": progress["not finite"] | {"noise": 7}}))
    start("finite", folder, motion)
    assert json.loads((folder / "benchmarks/results/finite.json").read_text())["not finite"] == 0


def test_every_benchmark_is_run():
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "def main" in path.read_text()} == set(SMALL)
