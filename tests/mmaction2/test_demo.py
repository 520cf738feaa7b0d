"""The demo's bookkeeping; the runs themselves are those of test_train.py and ``make demo``."""
import random

import pytest
from commands import usage_error

from vididi_transforms.mmaction2 import demo


def test_chance_is_that_of_drawing_without_looking():
    rng = random.Random(0)
    labels = [i % 8 for i in range(demo.TRAIN)]
    for k in demo.TOPK:
        hits = sum(0 in rng.sample(labels, k) for _ in range(4000)) / 4000
        assert demo.chance()[f"top{k}"] == pytest.approx(hits, abs=0.03)


def test_configs_exist():
    assert all(demo.config(method).exists() for method in demo.METHODS)


def test_table():
    recalls = dict(top1=0.125, top5=0.5, top10=1.0)
    lines = demo.table({"chance": recalls, "vicreg": recalls}, {"vicreg": 61.4}).strip().splitlines()
    assert lines[2:] == ["| chance | 12.5 % | 50.0 % | 100.0 % |  |", "| vicreg | 12.5 % | 50.0 % | 100.0 % | 61 s |"]


def test_a_failure_shows_the_end_of_the_log(tmp_path):
    with pytest.raises(SystemExit, match=r"(?s)no-such.py.*train x failed with exit code 1; all of it: .*train-x.log"):
        demo.mim("train x", tmp_path, "train", "mmaction2", "no-such.py")
    assert (tmp_path / "train-x.log").read_text()


def test_results_are_those_of_this_run(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "run_module", lambda *args: None)
    with pytest.raises(RuntimeError, match="mim test wrote no result to"):
        demo.retrieval("vicreg", demo.config("vicreg"), tmp_path / "x.pth", tmp_path, [])


def test_other_videos_in_the_way(tmp_path, monkeypatch, capsys):
    (tmp_path / "data/motion").mkdir(parents=True)
    for name in ("train", "test"):
        (tmp_path / f"data/motion/{name}.txt").write_text("a.mp4 0\n")
    monkeypatch.chdir(tmp_path)
    error = usage_error("demo", capsys)
    assert error == "data/motion/train.txt must list the demo's 480 videos: it lists 1; remove data/motion"
