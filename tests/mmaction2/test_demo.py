"""The demo's parts; test_train.py trains for real, and ``make demo`` runs all of it."""
import json
import random
import sys
from argparse import Namespace

import pytest
from commands import usage_error

from vididi_transforms.evaluation.neighbours import TOPK
from vididi_transforms.evaluation.provenance import provenance
from vididi_transforms.mmaction2.demo import METHODS, command, config, results, runs


def test_chance_equals_random_choice():
    rng = random.Random(0)
    labels = [i % 8 for i in range(results.TRAIN)]
    for k in TOPK:
        hits = sum(0 in rng.sample(labels, k) for _ in range(4000)) / 4000
        assert results.chance()[f"top{k}"] == pytest.approx(hits, abs=0.03)


def test_the_table_rounds_chance_once():
    """R@10 by chance is 74.047 %, and not the 74.1 % that 0.7405 would give."""
    cells = results.table({"chance": results.chance()}, {}).splitlines()[-1]
    assert cells == "| chance | 12.5 % | 48.9 % | 74.0 % |  |"


def test_configs_exist():
    assert all(config(method).exists() for method in METHODS)


def test_table():
    recalls = dict(top1=0.125, top5=0.5, top10=1.0)
    lines = results.table({"chance": recalls, "vicreg": recalls}, {"vicreg": 61.4}).strip().splitlines()
    assert lines[2:] == ["| chance | 12.5 % | 50.0 % | 100.0 % |  |", "| vicreg | 12.5 % | 50.0 % | 100.0 % | 61 s |"]


def test_summary_names_the_recalls_and_the_files(tmp_path):
    recalls = {name: {"top1": top1} for name, top1 in (("chance", 0.125), ("vicreg", 0.25), ("vididi-vicreg", 0.5))}
    text = command.summary(recalls, tmp_path)
    assert "50.0 % of the test videos with ViDiDi, for 25.0 % without it, and for 12.5 % by chance" in text
    assert [name for name in ("retrieval.html", "report.html", "demo.png", "results.json")
            if f"{tmp_path / name}" not in text] == []


def test_the_recorded_command_is_the_one_that_was_typed(tmp_path, monkeypatch):
    recalls = dict(top1=0.125, top5=0.5, top10=1.0)
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/vididi", "demo", "--out", str(out)])
    monkeypatch.setattr(command, "write_videos", lambda: None)
    monkeypatch.setattr(command, "measure", lambda *args: (dict.fromkeys(("untrained", *METHODS), recalls), {}))
    with pytest.raises(FileNotFoundError, match="untrained"):  # the features of the tests that have not run
        command.run(Namespace(out=out, cfg_options=[]))
    record = json.loads((out / "results.json").read_text())
    assert list(record) == ["chance", "untrained", *METHODS, "seconds", "run"]
    assert record["run"]["command"] == f"vididi demo --out {out}"
    assert record["run"] == provenance("vididi")
    assert (out / "demo.png").stat().st_size > 10_000


def test_a_failure_shows_the_end_of_the_log(tmp_path):
    message = r"(?s)no-such.py.*train x failed with exit code 1; full log: .*train-x.log"
    with pytest.raises(SystemExit, match=message):
        runs.run_mim("train x", tmp_path, "train", "mmaction2", "no-such.py")
    assert (tmp_path / "train-x.log").read_text()


def test_a_test_without_a_result_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "run_module", lambda *args: None)
    with pytest.raises(RuntimeError, match="mim test wrote no result to"):
        runs.retrieval("vicreg", config("vicreg"), tmp_path / "x.pth", tmp_path, [])


def test_another_dataset_in_the_folder_is_an_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "data/motion").mkdir(parents=True)
    for name in ("train", "test"):
        (tmp_path / f"data/motion/{name}.txt").write_text("a.mp4 0\n")
    monkeypatch.chdir(tmp_path)
    error = usage_error("demo", capsys)
    assert error == "data/motion/train.txt must list the demo's 480 videos: it lists 1; remove data/motion"
