"""The README's commands, one after the other, as they stand there, on a UCF101 of a few small videos."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from page_commands import commands
from paths import ROOT

from vididi_transforms.data.motion_videos import write_dataset

pytestmark = pytest.mark.slow
CLASSES = ("ApplyEyeMakeup", "Archery")
MOTIONS = ("slide-x", "pulse")
ONE_STEP = ["train_dataloader.batch_size=4", "train_cfg.max_epochs=1", "train_dataloader.num_workers=0",
            "train_dataloader.persistent_workers=False"]
ONE_CLIP = "pipeline.{}.transforms.1.num_clips=1"
SMALL = {  # to fit the videos, and a CPU
    "vididi-vicreg_r3d18": ONE_STEP,
    "recognition/": [*ONE_STEP, f"val_dataloader.dataset.{ONE_CLIP.format(0)}"],
    "retrieval/": [f"test_dataloader.dataset.datasets.{split}.{ONE_CLIP.format(1)}" for split in (0, 1)],
}


def section(name):
    """Commands of a part of the README."""
    text = (ROOT / "README.md").read_text()
    return commands(text[text.index(f"\n## {name}\n"):].split("\n## ")[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where a user works: a clone's configs, UCF101's videos and split files as they are unpacked."""
    folder = tmp_path_factory.mktemp("ucf101")
    (folder / "mmaction_configs").symlink_to(ROOT / "mmaction_configs")
    data = folder / "data/ucf101"
    write_dataset(folder / "motion", train=4, test=4, size=64, frames=30, classes=MOTIONS)
    (data / "annotations").mkdir(parents=True)
    (data / "annotations/classInd.txt").write_text("".join(f"{n} {name}\n" for n, name in enumerate(CLASSES, 1)))
    for split in ("train", "test"):
        lines = []
        for number, path in enumerate(sorted((folder / "motion" / split).glob("*.mp4"))):
            label = [path.name.startswith(motion) for motion in MOTIONS].index(True)
            name = f"{CLASSES[label]}/v_{CLASSES[label]}_{split}_c{number:02}.avi"
            (data / "videos" / name).parent.mkdir(parents=True, exist_ok=True)
            path.rename((data / "videos" / name).with_suffix(".mp4"))
            lines.append(f"{name} {label + 1}\n" if split == "train" else f"{name}\n")
        (data / f"annotations/{split}list01.txt").write_text("".join(lines))
    return folder


def run(words, folder, **places):
    """A command of the README, with a value for each word that stands for one, without what stands in brackets."""
    words = re.sub(r"\[[^]]*\]", "", " ".join(words)).split()
    words = [re.sub(r"^(\w+=)?(\w+)$", lambda found: (found[1] or "") + str(places.get(found[2], found[2])), word)
             for word in words]
    line = ["-m", *words] if words[0] == "mim" else ["-m", "vididi_transforms", *words[1:]]
    for part, options in SMALL.items():
        if any(part in word for word in words if word.endswith(".py")):
            line += ["--cfg-options"] * ("--cfg-options" not in words) + options
    done = subprocess.run([sys.executable, *line], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def checkpoint(folder):
    """From UCF101's files to Table 3 and Table 1, and the encoder for other code; then what else is asked of it."""
    prepare, train, test, fine_tune, export = section("From videos to retrieval")
    run(prepare, folder)
    run(train, folder)
    pretrained = folder / "work_dirs" / Path(train[3]).stem
    checkpoint = (pretrained / "last_checkpoint").read_text()
    run([*test, "--work-dir", "work_dirs/run"], folder, CHECKPOINT=checkpoint)
    run(fine_tune, folder, CHECKPOINT=checkpoint)
    run(export, folder, CHECKPOINT=checkpoint)
    return checkpoint


def test_an_installed_recipe(checkpoint, folder):
    """By its name alone, which no other config has; what stands in the clone's folder is not asked."""
    words = next(words for words in section("Two lines") if words[:3] == ["mim", "train", "vididi_transforms"])
    run([*words, "--work-dir", "work_dirs/by_name"], folder)
    assert (folder / "work_dirs/by_name/epoch_1.pth").exists()


def test_from_videos_to_retrieval(checkpoint, folder):
    assert len((folder / "data/ucf101/ucf101_train_split_1_videos.txt").read_text().splitlines()) == 4
    result, = (json.loads(path.read_text()) for path in folder.glob("work_dirs/run/*/*.json"))
    assert (result["retrieval/gallery"], result["retrieval/queries"]) == (4, 4)
    assert len(list(folder.glob("work_dirs/r3d18_8xb16-*/epoch_1.pth"))) == 1
    assert "layer4.1.conv2.0.weight" in torch.load(folder / "r3d18.pth", weights_only=True)["state_dict"]


def test_what_it_has_learned(checkpoint, folder):
    shown = [words for words in section("What it has learned") if len(words) > 4]
    assert [words[1] for words in shown] == ["cluster", "report", "retrieval-page"]
    for words in shown:
        run(words, folder, WORK_DIR="work_dirs/run", DIR="clusters")
    assert all((folder / name).exists() for name in ("clusters/tsne-2.png", "report.html", "retrieval.html"))


def test_what_the_encoder_looks_at(checkpoint, folder):
    words = next(words for words in section("What the encoder looks at") if "--names" in words)
    config = "mmaction_configs/retrieval/r3d18_16x4x10-paper_ucf101-rgb.py"
    printed = run(words, folder, CONFIG=config, CONFIG2=config, CHECKPOINT=checkpoint, CHECKPOINT2=checkpoint,
                  DIR="attention")
    assert "mean of 4 videos: VICReg" in printed
    assert (folder / "attention/saliency.png").exists()


def test_videos(folder):
    video = next(folder.glob("data/ucf101/videos/*/*.mp4"))
    words = next(words for words in section("The paper's experiments") if "VIDEO" in words)
    assert "order 2: " in run(words, folder, VIDEO=video)
    assert (folder / "strip.png").exists()
    words = next(words for words in section("Reliability") if "LIST" in words)
    (folder / "list.txt").write_text(f"{video.name} 0\n")
    assert "0 of 1 videos are bad" in run(words, folder, LIST="list.txt", FOLDER=video.parent)
