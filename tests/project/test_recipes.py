"""The commands of the pages for users, one after the other as written, on a UCF101 of a few small videos."""
import json
import re
import subprocess
from pathlib import Path

import pytest
import torch
from page_commands import commands
from paths import ROOT
from stock_tools import run_forked

from vididi_transforms.data.motion_videos import write_dataset

pytestmark = pytest.mark.slow
CLASSES = ("ApplyEyeMakeup", "Archery")
MOTIONS = ("slide-x", "pulse")
ONE_STEP = ["train_dataloader.batch_size=4", "train_cfg.max_epochs=1", "train_dataloader.num_workers=0",
            "train_dataloader.persistent_workers=False"]
ONE_CLIP = "pipeline.{}.sample.num_clips=1"
SMALL = {  # options that fit the videos and a CPU
    "vididi-vicreg_r3d18": ONE_STEP,
    "recognition/": [*ONE_STEP, f"val_dataloader.dataset.{ONE_CLIP.format(0)}"],
    "retrieval/": [f"test_dataloader.dataset.datasets.{split}.{ONE_CLIP.format(1)}" for split in (0, 1)],
}


def page(name):
    """Complete commands of a page: more than a program and the word after it."""
    return [words for words in commands((ROOT / f"docs/{name}.md").read_text()) if len(words) > 3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder: configs of a clone, UCF101's videos and split files as unpacked."""
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
    """Run a command of a page: placeholders get their values, words in brackets are dropped."""
    words = re.sub(r"\[[^]]*\]", "", " ".join(words)).split()
    words = [re.sub(r"^([\w.]+=)?(\w+)$", lambda found: (found[1] or "") + str(places.get(found[2], found[2])), word)
             for word in words]
    line = ["-m", *words] if words[0] == "mim" else ["-m", "vididi_transforms", *words[1:]]
    for part, options in SMALL.items():
        if any(part in word for word in words if word.endswith(".py")):
            line += ["--cfg-options"] * ("--cfg-options" not in words) + options
    return run_forked(*line, cwd=folder)


@pytest.fixture(scope="module")
def checkpoint(folder):
    """Run the recipe from UCF101's files to Tables 3 and 1 and the exported encoder."""
    prepare, train, test, fine_tune, export = page("recipes")[:5]
    run(prepare, folder)
    run(train, folder)
    pretrained = folder / "work_dirs" / Path(train[3]).stem
    checkpoint = (pretrained / "last_checkpoint").read_text()
    run([*test, "--work-dir", "work_dirs/run"], folder, CHECKPOINT=checkpoint)
    run(fine_tune, folder, CHECKPOINT=checkpoint)
    run(export, folder, CHECKPOINT=checkpoint)
    return checkpoint


def test_an_installed_recipe(checkpoint, folder):
    """It is found by its name alone, not in the clone's folder."""
    words = page("recipes")[5]
    run([*words, "--work-dir", "work_dirs/by_name"], folder)
    assert (folder / "work_dirs/by_name/epoch_1.pth").exists()


def test_exact_statistics_for_an_old_checkpoint(checkpoint, folder):
    words, = page("recipes")[6:]
    assert "BatchNorm statistics of the frames of 4 videos set" in run(words, folder, CHECKPOINT=checkpoint)
    assert (folder / "frames.pth").exists()


def test_from_videos_to_retrieval(checkpoint, folder):
    assert len((folder / "data/ucf101/ucf101_train_split_1_videos.txt").read_text().splitlines()) == 4
    result, = (json.loads(path.read_text()) for path in folder.glob("work_dirs/run/*/*.json"))
    assert (result["retrieval/gallery"], result["retrieval/queries"]) == (4, 4)
    assert len(list(folder.glob("work_dirs/r3d18_8xb16-*/epoch_1.pth"))) == 1
    assert "layer4.1.conv2.0.weight" in torch.load(folder / "r3d18.pth", weights_only=True)["state_dict"]


def test_analysis(checkpoint, folder):
    shown = page("analysis")
    assert [words[1] for words in shown] == ["cluster", "report", "retrieval-page", "saliency", "strip"]
    for words in shown[:3]:
        run(words, folder, WORK_DIR="work_dirs/run", DIR="clusters")
    assert all((folder / name).exists() for name in ("clusters/tsne-2.png", "report.html", "retrieval.html"))


def test_saliency(checkpoint, folder):
    words = next(words for words in page("analysis") if words[1] == "saliency")
    config = "mmaction_configs/retrieval/r3d18_16x4x10-paper_ucf101-rgb.py"
    printed = run(words, folder, CONFIG=config, CONFIG2=config, CHECKPOINT=checkpoint, CHECKPOINT2=checkpoint,
                  DIR="attention")
    assert "mean of 4 videos: VICReg" in printed
    assert (folder / "attention/saliency.png").exists()


def test_strip(folder):
    video = next(folder.glob("data/ucf101/videos/*/*.mp4"))
    words = next(words for words in page("analysis") if words[1] == "strip")
    assert "order 2: " in run(words, folder, VIDEO=video)
    assert (folder / "strip.png").exists()


@pytest.fixture
def own(checkpoint, folder, tmp_path):
    """Another user's folder: videos without lists, and a checkpoint where the page's training leaves it."""
    (tmp_path / "videos").symlink_to(folder / "data/ucf101/videos")
    (tmp_path / "work_dirs/own").mkdir(parents=True)
    (tmp_path / "work_dirs/own/epoch_400.pth").symlink_to(checkpoint if Path(checkpoint).is_absolute()
                                                           else folder / checkpoint)
    return tmp_path


def test_own_videos(own, folder):
    """List, check, train, features, export."""
    find = next(line for line in (ROOT / "docs/own_videos.md").read_text().splitlines() if line.startswith("find "))
    subprocess.run(["bash", "-c", find.replace("FOLDER", "videos/")], cwd=own, check=True)
    assert len((own / "videos.txt").read_text().splitlines()) == 8
    verify, train, few, features, export = page("own_videos")
    assert "0 of 8 videos are bad" in run(verify, own, FOLDER="videos")
    run(train, own, FOLDER="videos")
    assert (own / "work_dirs/own/epoch_1.pth").exists()
    subprocess.run(["bash", "-c", "head -n 8 good.txt > few.txt"], cwd=own, check=True)
    run(few, own, FOLDER="videos")
    assert (own / "work_dirs/few/epoch_1.pth").exists()
    for split, name in (("train", "gallery"), ("val", "queries")):
        (own / f"{name}.txt").write_text((folder / f"data/ucf101/ucf101_{split}_split_1_videos.txt").read_text())
    block, = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/own_videos.md").read_text(), flags=re.M | re.S)
    block = block.replace("mmaction_configs", str(ROOT / "mmaction_configs")).replace("FOLDER", "videos")
    (own / "CONFIG.py").write_text(block)
    run([*features, "--cfg-options", *SMALL["retrieval/"]], own)
    assert (own / "work_dirs/features/features.npz").exists()
    run(export, own)
    assert "layer4.1.conv2.0.weight" in torch.load(own / "r3d18.pth", weights_only=True)["state_dict"]
