"""Two tiny runs by MMAction2's tools, with TensorBoard, and their report."""
import csv
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.visualization import Visualizer
from paths import ROOT
from stock_tools import options, run_forked, scalars
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_runs import tiny_for
from waiting import until
from wandb.proto.wandb_internal_pb2 import Record
from work_dirs import Page, rows

from vididi_transforms.data.motion_videos import write_dataset
from vididi_transforms.data.motions import MOTIONS

CONFIGS = ROOT / "mmaction_configs"
RECIPE = CONFIGS / "demo/vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py"
HOOK = "custom_hooks = [dict(type='ViDiDiHook')]\n"
METHODS = {"vicreg": "", "vididi-vicreg": HOOK}


def config(folder, hook):
    """The demo's config with ``_base_/tensorboard.py`` instead of ``default_runtime.py``."""
    text = RECIPE.read_text().replace("'../_base_/", f"'{CONFIGS}/_base_/")
    assert "default_runtime.py" in text
    folder.mkdir(parents=True)
    (folder / "config.py").write_text(text.replace("default_runtime.py", "tensorboard.py") + hook)
    return folder / "config.py"


@pytest.fixture(scope="module")
def work_dirs(tmp_path_factory):
    """Work dirs of both methods, trained for two epochs and tested."""
    root = tmp_path_factory.mktemp("runs")
    write_dataset(root / "motion", train=16, test=16, size=32, frames=26, classes=tuple(MOTIONS)[:4])
    settings = tiny_for(root / "motion")
    mim = ("-m", "mim")
    for name, hook in METHODS.items():
        work, cfg = root / name, config(root / "configs" / name, hook)
        stock = (cfg, "--launcher", "none", "--gpus", "0", "--work-dir", work)
        run_forked(*mim, "train", "mmaction2", *stock, *options(settings, val_dataloader=None, val_cfg=None,
                                                                val_evaluator=None))
        run_forked(*mim, "test", "mmaction2", *stock, "--checkpoint", (work / "last_checkpoint").read_text(),
                   *options(settings))
    return [root / name for name in METHODS]


@pytest.mark.slow
def test_every_video_has_its_features(work_dirs):
    lists = [line.split()[0] for name in ("train", "test")
             for line in (work_dirs[0].parent / f"motion/{name}.txt").read_text().splitlines()]
    for work in work_dirs:
        with np.load(work / "features.npz") as file:
            content = dict(file)
        assert [Path(video).name for video in content["videos"]] == [Path(video).name for video in lists]
        assert content["features"].shape == (32, 32)
        assert content["splits"].tolist() == ["gallery"] * 16 + ["query"] * 16
        assert [content["classes"][label] for label in content["labels"]] == [
            Path(video).name.rsplit("_", 1)[0] for video in lists]


@pytest.mark.slow
def test_report_of_two_runs(work_dirs, tmp_path):
    command = ["-m", "vididi_transforms", "report", *map(str, work_dirs), "--out", str(tmp_path / "report.html")]
    table = rows(run_forked(*command))
    for work in work_dirs:
        tested, = (json.loads(path.read_text()) for path in work.glob("*/*.json"))
        row = table[work.name]
        assert row["R@1"] == f"{100 * tested['retrieval/top1']:.1f} %"
        assert row["steps"] == "8"
        assert row["last loss"] == f"{scalars(work, 'loss')[8]:.4g}"
        assert -1 <= float(row["of all"]) <= 1
    page = Page((tmp_path / "report.html").read_text())
    assert len(page.of("img")) == 3  # t-SNE, losses, orders
    assert [text for text in page.texts if "trained without ViDiDiHook" in text] == [
        "vicreg was trained without ViDiDiHook: frames only."]


@pytest.mark.slow
def test_clustering_of_two_runs(work_dirs, tmp_path):
    run_forked("-m", "vididi_transforms", "cluster", *work_dirs, "--out", tmp_path)
    with (tmp_path / "tsne-4.csv").open() as file:
        points = list(csv.DictReader(file))
    assert len(points) == 2 * 32
    assert {row["class"] for row in points} == set(list(MOTIONS)[:4])


@pytest.mark.slow
def test_tensorboard_has_curves_phase_and_orders(work_dirs):
    for work, extra in zip(work_dirs, ([], ["vididi_phase", "vididi_order1", "vididi_order2"]), strict=True):
        events, = (path for path in work.glob("*/vis_data/events.*") if path.parent.joinpath("scalars.json").exists())
        board = EventAccumulator(str(events)).Reload()
        for key in ("loss", "loss_invariance", "lr", *extra):
            shown = {event.step: event.value for event in board.Scalars(key)}
            assert shown == pytest.approx(scalars(work, key)), key
            assert len(shown) == 8
        assert ("vididi_phase" in board.Tags()["scalars"]) == bool(extra)


def wandb_records(content):
    """Records of a run file: 7 bytes, then per record a checksum (4 bytes), a length (2) and a kind (1: complete)."""
    start = 7
    while start + 7 <= len(content):  # the last record may still be written
        length, kind = struct.unpack_from("<HB", content, start + 4)
        assert kind == 1
        if start + 7 + length <= len(content):
            yield content[start + 7:start + 7 + length]
        start += 7 + length


def wandb_rows(path):
    """The logged values by step. The process that writes the file ends later than the run."""
    return [{item.nested_key[0]: json.loads(item.value_json) for item in record.history.item if item.nested_key}
            for record in map(Record.FromString, wandb_records(path.read_bytes())) if record.history.item]


def test_wandb_keeps_curves_phase_and_orders(tmp_path):
    cfg = Config.fromfile(CONFIGS / "_base_/wandb.py")
    visualizer = Visualizer("wandb", vis_backends=cfg.vis_backends, save_dir=str(tmp_path))
    steps = [dict(loss=3.5, vididi_phase=0.0, vididi_order1=1.0), dict(loss=3.25, vididi_phase=1.0, vididi_order1=0.0)]
    for number, values in enumerate(steps, 1):
        visualizer.add_scalars(values, step=number)
    visualizer.close()
    path, = tmp_path.glob("vis_data/wandb/offline-run-*/*.wandb")
    until(lambda: len(wandb_rows(path)) == len(steps), seconds=60)
    assert [{key: row[key] for key in steps[0]} for row in wandb_rows(path)] == steps


@pytest.mark.parametrize(("name", "backend"), [("tensorboard", "TensorboardVisBackend"), ("wandb", "WandbVisBackend")])
def test_runtimes_differ_in_one_backend(name, backend):
    stock, ours = (Config.fromfile(CONFIGS / f"_base_/{runtime}.py") for runtime in ("default_runtime", name))
    assert [one.type for one in ours.visualizer.vis_backends] == ["LocalVisBackend", backend]
    for cfg in (stock, ours):
        cfg.pop("vis_backends")
        cfg.visualizer.pop("vis_backends")
    assert stock.to_dict() == ours.to_dict()
