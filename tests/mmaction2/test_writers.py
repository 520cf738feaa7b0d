"""What writes files, on a full disk, in a read-only folder, and where a file is in the way.

It says so in one line that names the file, leaves no half-written file, and files of an earlier run stay.
"""
import shutil
from contextlib import ExitStack

import numpy as np
import pytest
import torch
from commands import command
from feature_files import save, toy
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from paths import DEMO
from raises import error_of
from retrieval_samples import samples
from spoiled_disk import full_disk, read_only
from tiny_runs import tiny_for

from vididi_transforms.data.motion_videos import encode
from vididi_transforms.mmaction2 import DumpFeatures
from vididi_transforms.mmaction2.demo import runs

MODEL = {"model.backbone.base_channels": 4, "model.cls_head.in_channels": 32}
KINETICS = "--train-csv {in}/kinetics.csv --train-videos {in}/videos --out {out}"
COMMANDS = {  # arguments; a name with a suffix writes this file, the others a folder
    "motion-videos": "{out} --train 2 --test 1 --size 32 --frames 20",
    "strip.png": "{in}/videos/A/one_000004_000014.mp4 --frames 6 --out {out}",
    "prepare": "ucf101 --annotations {in} --videos {in}/videos --out {out} --reencode {out}/small --short-side 16",
    "prepare kinetics": f"kinetics400 {KINETICS}",
    "prepare k200": f"k200-40k {KINETICS} --class-count 1 --videos-per-class 1",
    "prepare ava": "ava --version 2.2 --annotations {in} --extract {in} --frames {out}/frames --out {out} --start 0 "
                   "--end 1 --fps 5",
    "verify": "{in}/list.txt --root {in} --jobs 1 --out {out}/report.json --write-good {out}/good.txt",
    "features": "{demo} {in}/epoch_1.pth --work-dir {out}",
    "retrieval-page.html": "{in}/run --root {in} --queries 1 --out {out}",
    "cluster": "{in}/run --out {out}",
    "saliency": "{demo} {in}/epoch_1.pth --videos 1 --show 1 --out {out} --cfg-options {test}",
    "report.html": "{in}/run --out {out}",
    "weights.pth": "{in}/epoch_1.pth {out}",
}


def dump_features(out):
    metric = DumpFeatures(str(out))
    metric.process(None, samples())
    metric.evaluate(len(samples()))


FUNCTIONS = {"features.npz": dump_features,
             "untrained-seed0.pth": lambda out: runs.untrained_checkpoint(out.parent)}
KEPT = ("prepare", "prepare ava", "verify")  # do not write again what is finished
WRITERS = pytest.mark.parametrize("name", [*COMMANDS, *FUNCTIONS])


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, motion):
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "videos/A").mkdir(parents=True)
    for name in ("one_000004_000014.mp4", "two.mp4"):
        shutil.copy(motion / "train/circle_00002.mp4", folder / "videos/A" / name)
    encode(torch.rand(30, 3, 32, 32), folder / "three.mp4")
    for name, text in {
            "classInd.txt": "1 A", "trainlist01.txt": "A/one_000004_000014.mp4 1", "testlist01.txt": "A/two.mp4",
            "kinetics.csv": "label,youtube_id,time_start,time_end\nA,one,4,14", "list.txt": "three.mp4 0",
            "ava_val_v2.2.csv": "three,0902,0.077,0.151,0.283,0.811,80,1"}.items():
        (folder / name).write_text(f"{text}\n")
    content = toy()
    save(folder / "run/features.npz", **content | dict(videos=np.full(len(content["videos"]), "three.mp4")))
    config = Config.fromfile(DEMO)
    config.merge_from_dict(MODEL)
    init_default_scope("mmaction")
    torch.save(dict(state_dict=MODELS.build(config.model).state_dict(), meta={}), folder / "epoch_1.pth")
    return folder


@pytest.fixture
def writer(inputs, motion, monkeypatch, tmp_path):
    """A function that writes to ``out``; nothing else is written."""
    monkeypatch.chdir(tmp_path)
    options = {key: value for key, value in tiny_for(motion).items() if key.startswith("test_")} | MODEL
    test = " ".join(f"{key}={value}" for key, value in options.items())

    def write(name, out):
        if name in FUNCTIONS:
            return FUNCTIONS[name](out)
        words = COMMANDS[name].format_map({"in": inputs, "out": out, "demo": DEMO, "test": test}).split()
        return command(program(name))(words)
    return write


def program(name):
    return name.split()[0].split(".")[0]


def place(name, folder):
    """Where a writer writes to in a folder."""
    return folder / (name if name in FUNCTIONS else "out" + name[name.find("."):] if "." in name else "out")


def files(folder):
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def stops(writer, name, out, capsys, *faults):
    """Fail with an error that names a file there, in one line."""
    capsys.readouterr()
    with ExitStack() as stack:
        for fault in faults:
            stack.enter_context(fault)
        error = error_of(lambda: writer(name, out))
    assert isinstance(error, OSError), error
    line = capsys.readouterr().err.rstrip("\n").splitlines()[-1] if name in COMMANDS else f"{error}"
    assert line.startswith(f"vididi {program(name)}: error: " if name in COMMANDS else "[Errno ")
    assert str(out.parent) in line
    assert ".part" not in line


@WRITERS
def test_a_file_in_the_way(writer, name, tmp_path, capsys):
    (tmp_path / "file").write_text("a file")
    stops(writer, name, place(name, tmp_path / "file"), capsys)
    assert (tmp_path / "file").read_text() == "a file"
    out = place(name, tmp_path / "folder")
    out.parent.mkdir()
    if out.suffix:
        out.mkdir()
    else:
        out.write_text("a file")
    stops(writer, name, out, capsys)
    assert files(tmp_path / "folder") == ({} if out.suffix else {"out": 6})


@WRITERS
def test_a_read_only_folder(writer, name, tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    stops(writer, name, place(name, folder), capsys, read_only(folder))
    assert files(folder) == {}


@pytest.mark.parametrize("name", [name for name in (*COMMANDS, *FUNCTIONS) if name != "features"])  # mim writes there
def test_a_full_disk(writer, name, tmp_path, capsys):
    folder = tmp_path / "whole"
    folder.mkdir()
    writer(name, place(name, folder))
    whole = files(folder)
    largest = max(whole.values())
    stops(writer, name, place(name, tmp_path / "new"), capsys, full_disk(largest // 2))
    left = files(tmp_path / "new")
    assert left.pop("out/report.jsonl", 0) in (0, whole.get("out/report.jsonl"))  # whole lines; verify goes on there
    assert left.items() <= whole.items()
    if name not in KEPT:
        stops(writer, name, place(name, folder), capsys, full_disk(largest - 1))
        assert files(folder) == whole
