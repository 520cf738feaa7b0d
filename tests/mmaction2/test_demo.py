"""The demo's parts; test_train.py trains for real, and ``make demo`` runs all of it."""
import json
import random
import sys
import time
from argparse import Namespace
from functools import partial

import numpy as np
import pytest
import torch
from commands import usage_error
from feature_files import save, toy
from mmaction.registry import MODELS
from mmengine.config import Config
from rich.progress import Progress
from sklearn.metrics import silhouette_score
from work_dirs import write_json

from vididi_transforms.data.motions import MOTIONS
from vididi_transforms.evaluation.neighbours import TOPK
from vididi_transforms.evaluation.provenance import provenance
from vididi_transforms.mmaction2.demo import (
    METHODS,
    Processes,
    command,
    config,
    model_card,
    picture,
    results,
    retrieval,
    runs,
    untrained_checkpoint,
)
from vididi_transforms.mmaction2.demo.display import Display
from vididi_transforms.mmaction2.models.weights import export_encoder


def test_chance_equals_random_choice():
    rng = random.Random(0)
    labels = [i % 8 for i in range(results.TRAIN)]
    for k in TOPK:
        hits = sum(0 in rng.sample(labels, k) for _ in range(4000)) / 4000
        assert results.chance()[f"top{k}"] == pytest.approx(hits, abs=0.03)


def test_the_table_rounds_chance_once():
    """R@10 by chance is 74.047 %, and not the 74.1 % that 0.7405 would give."""
    cells = results.table({"chance": results.chance()}, {}).splitlines()[-1]
    assert cells == "| chance | 12.5 % | 48.9 % | 74.0 % |  |  |  |"


def test_configs_exist():
    assert all(config(method).exists() for method in METHODS)


def test_table():
    recalls = dict(top1=0.125, top5=0.5, top10=1.0)
    scores = recalls | dict(silhouette=-0.0512, attention=0.07456)
    lines = results.table({"chance": recalls, "vicreg": scores}, {"vicreg": 61.4}).strip().splitlines()
    assert lines[2:] == ["| chance | 12.5 % | 50.0 % | 100.0 % |  |  |  |",
                         "| vicreg | 12.5 % | 50.0 % | 100.0 % | -0.051 | 7.5 % | 61 s |"]


def test_other_scores_are_of_the_test_videos(tmp_path):
    content = toy(query=6)
    save(tmp_path / "features.npz", **content)
    write_json(tmp_path / "saliency.json", {"attention_on_motion": {"mean": 0.25}})
    test = content["splits"] == "query"
    score = silhouette_score(content["features"][test].astype(float), content["labels"][test])
    assert runs.other_scores(tmp_path) == {"silhouette": pytest.approx(score, abs=1e-4), "attention": 0.25}


def test_summary_names_the_recalls_and_the_files(tmp_path):
    recalls = {name: {"top1": top1} for name, top1 in (("chance", 0.125), ("vicreg", 0.25), ("vididi-vicreg", 0.5))}
    text = command.summary(recalls, tmp_path)
    assert "50.0 % of the test videos with ViDiDi, for 25.0 % without it, and for 12.5 % by chance" in text
    assert [name for name in ("retrieval.html", "report.html", "demo.png", "results.json")
            if f"{tmp_path / name}" not in text] == []


def test_the_card_loads_the_encoder(tmp_path, monkeypatch):
    content = torch.load(untrained_checkpoint(tmp_path), weights_only=True)
    meta = {"epoch": 72, "bn_statistics": {"views": "frames", "videos": 480}}
    torch.save(content | {"meta": meta}, tmp_path / "epoch_72.pth")
    export_encoder(tmp_path / "epoch_72.pth", tmp_path / model_card.FILE, "plain")
    scores = {"chance": {"top1": 0.125}, "vididi-vicreg": {"top1": 0.7063}}
    text = model_card.card(tmp_path / model_card.FILE, "vididi-vicreg", scores, provenance("vididi"))
    for expected in ("72 epochs", "statistics of frames, of 480 videos", "70.6 % (by chance: 12.5 %)"):
        assert expected in text
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(text.partition("```python\n")[2].partition("```")[0], names)
    model = MODELS.build(Config.fromfile(config("vididi-vicreg")).model).eval()
    model.load_state_dict(content["state_dict"])
    batch = dict(inputs=[(255 * names["clip"][0]).unsqueeze(0)], data_samples=[None])
    inputs = model.data_preprocessor(batch)["inputs"]
    assert torch.allclose(names["feature"], model.backbone(inputs.flatten(0, 1)).mean(dim=(2, 3, 4)), atol=1e-5)


def test_the_recorded_command_is_the_one_that_was_typed(tmp_path, monkeypatch):
    recalls = dict(top1=0.125, top5=0.5, top10=1.0)
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/vididi", "demo", "--out", str(out)])
    monkeypatch.setattr(command, "write_videos", lambda: None)
    monkeypatch.setattr(command, "measure", lambda *args: (dict.fromkeys(("untrained", *METHODS), recalls), {}))
    with pytest.raises(FileNotFoundError, match="a work dir must be a folder"):  # of runs that were not made
        command.run(Namespace(out=out, cfg_options=[]))
    record = json.loads((out / "results.json").read_text())
    assert list(record) == ["chance", "untrained", *METHODS, "seconds", "run"]
    assert record["run"]["command"] == f"vididi demo --out {out}"
    assert record["run"] == provenance("vididi")


LINES = """train_cfg = dict(max_epochs=72, type='EpochBasedTrainLoop', val_interval=8)
11/30 14:32:08 - mmengine - INFO - Epoch(train) [17][15/15]  lr: 1.9918e-03  eta: 0:00:17  time: 0.8466  loss: 1.5012
11/30 14:31:51 - mmengine - INFO - Epoch(val) [8][30/40]    eta: 0:00:06  time: 0.6701  data_time: 0.5295
11/30 14:31:58 - mmengine - INFO - Epoch(val) [8][40/40]    retrieval/top1: 0.1437  retrieval/top5: 0.4062  time: 0.6
11/30 14:32:55 - mmengine - INFO - Epoch(val) [16][40/40]    retrieval/top1: 0.6625  retrieval/top5: 0.5437  time: 0.5
""".splitlines()


def test_the_display_follows_a_training(tmp_path, capsys):
    with Display(("vicreg",)) as shown:
        follow = shown.stage("vicreg", "train", tmp_path / "log")
        for line in LINES:
            follow(line)
    out = "".join(capsys.readouterr().out.splitlines())
    assert "vicreg: train (log: " in out
    assert "vicreg: R@1 14.4 % after 8 epochs" in out
    assert "R@1 ▂▆ 66.2 %" in out  # the last state of the line


@pytest.mark.parametrize("line", ["11/30 - mmengine - INFO - Epoch(test) [10/40]    eta: 0:00:06  time: 0.67",
                                  "saliency:  25%|##5       | 10/40 [00:01<00:03,  8.00video/s]"])
def test_the_display_counts_the_videos_of_a_test(tmp_path, monkeypatch, line):
    seen = []
    with Display(("vicreg",)) as shown:
        follow = shown.stage("vicreg", "test", tmp_path / "log")
        monkeypatch.setattr(Progress, "update", lambda self, task, **fields: seen.append(fields))
        follow(line)
    assert seen == [{"completed": 10, "total": 40}]


def test_two_at_a_time_in_their_order(tmp_path):
    def work(number):
        time.sleep((3 - number) / 100)
        return number

    assert Processes(tmp_path).side_by_side([partial(work, number) for number in range(3)]) == [0, 1, 2]


def test_one_that_fails_ends_the_others(tmp_path):
    processes = Processes(tmp_path)
    start = time.monotonic()
    with pytest.raises(SystemExit, match=r"(?s)No module named no_such.*fails failed with exit code 1"):
        processes.side_by_side([
            partial(processes.module, "waits", "timeit", "-n1", "-r1", "import time; time.sleep(99)"),
            partial(processes.module, "fails", "no_such")])
    assert time.monotonic() - start < 60


def test_the_picture_shows_a_video_of_every_class_and_what_was_found(motion, tmp_path, monkeypatch):
    """With features that find the right class, and with features that find another one."""
    names = list(MOTIONS)
    lines = [(split, *line.split()) for split in ("train", "test")
             for line in (motion / f"{split}.txt").read_text().splitlines()]
    splits = np.array(["gallery" if split == "train" else "query" for split, _, _ in lines])
    labels = np.array([int(label) for _, _, label in lines])
    for name, shift in (("right", 0), ("wrong", 1)):
        save(tmp_path / name / "features.npz", labels=labels, splits=splits, classes=np.array(names),
             features=np.eye(8, dtype=np.float32)[(labels + shift * (splits == "query")) % 8],
             videos=np.array([str(motion / video) for _, video, _ in lines]))
    texts = []
    monkeypatch.setattr(picture, "write_figure", lambda path, figure, dpi: texts.extend(
        axis.get_xlabel() for part in figure.subfigs for axis in part.axes))
    picture.draw([tmp_path / "right", tmp_path / "wrong"], tmp_path / "demo.png")
    found = texts[2:]  # after the clip and the curves
    assert found[0::3] == names
    assert found[1::3] == [f"✓ {name}" for name in names]
    assert found[2::3] == [f"✗ {name}" for name in (*names[1:], names[0])]


def test_a_failure_shows_the_end_of_the_log(tmp_path):
    message = r"(?s)no-such.py.*train x failed with exit code 1; full log: .*train-x.log"
    with pytest.raises(SystemExit, match=message):
        Processes(tmp_path).mim("train x", "train", "mmaction2", "no-such.py")
    assert (tmp_path / "train-x.log").read_text()


def test_a_test_without_a_result_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(Processes, "module", lambda *args, **more: None)
    with pytest.raises(RuntimeError, match="mim test wrote no result to"):
        retrieval(Processes(tmp_path), "test vicreg", config("vicreg"), tmp_path / "x.pth", tmp_path)


def test_another_dataset_in_the_folder_is_an_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "data/motion").mkdir(parents=True)
    for name in ("train", "test"):
        (tmp_path / f"data/motion/{name}.txt").write_text("a.mp4 0\n")
    monkeypatch.chdir(tmp_path)
    error = usage_error("demo", capsys)
    assert error == "data/motion/train.txt must list the demo's 480 videos: it lists 1; remove data/motion"
