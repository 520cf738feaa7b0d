"""Every benchmark that the pages name runs, in a copy of their folder and with much less to do; ablation first."""
import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow
SETS = "import sys; sys.path.insert(0, 'benchmarks'); import {name} as module; {values}; module.main()"
ABLATION = ["--ablation", "work_dirs/ablation/1e-32-16", "--data", "data/motion-ablation/32-16", "--seeds", "0"]
SMALL = {  # options, in the order in which one needs the other's results
    "ablation": ["--videos", "32", "16", "--epochs", "1", "--seeds", "0"],
    "fine_tuning": ABLATION,
    "clustering": ABLATION,
    "saliency": [*ABLATION, "--videos", "4"],
    "batched_pass": ["--clips", "2", "--frames", "4", "--size", "32", "--rounds", "1"],
    "processes": ["--batch", "2", "--rounds", "1"],
    "training_step": ["--data", "{motion}", "--batch", "2", "--width", "4", "--rounds", "1"],
    "growth": ["--data", "{motion}"],
    "retrieval": [],
}
CONSTANTS = {  # where there is no option
    "growth": dict(SHAPES=[(2, 8, 32), (4, 8, 32)], BASE=(2, 8, 32)),
    "retrieval": dict(GALLERY=50, QUERIES=20, GROWTH=(100, 200)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks", ignore=shutil.ignore_patterns("results", "__*"))
    (folder / "mmaction_configs").symlink_to(ROOT / "mmaction_configs")
    return folder


def run(name, folder, motion):
    """What it prints."""
    values = "; ".join(f"module.{key} = {value}" for key, value in CONSTANTS.get(name, {}).items())
    command = ["-c", SETS.format(name=name, values=values)] if values else [f"benchmarks/{name}.py"]
    command += [option.format(motion=motion) for option in SMALL[name]]
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", SMALL)
def test_benchmark(name, folder, motion):
    printed = run(name, folder, motion)
    table, = (folder / "benchmarks/results").glob(f"{name}*.md")
    assert table.read_text() in printed
    result = json.loads(table.with_suffix(".json").read_text())
    assert result["run"]["command"].startswith(f"python benchmarks/{name}.py")
    assert set(result) >= set(json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())) - {"run", "device"}


def test_the_ablation_trains_each_row_once(folder, motion):
    logs = sorted(folder.glob("work_dirs/ablation/*/*/*/vis_data/scalars.json"))
    assert len(logs) == 9
    assert (folder / "benchmarks/results/ablation.md").read_text() in run("ablation", folder, motion)
    assert sorted(folder.glob("work_dirs/ablation/*/*/*/vis_data/scalars.json")) == logs


def test_every_benchmark_is_run():
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"common"} == set(SMALL)
