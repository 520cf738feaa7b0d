"""``vididi verify --config``: list, folder and reader are those of the training."""
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import exit_code, usage_error
from mmengine.config import Config
from paths import DEMO, ROOT
from PIL import Image

from vididi_transforms.mmaction2.tools.training_list import TrainingList, training_list

UCF101 = ROOT / "mmaction_configs/pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"


def config(folder, **dataset):
    """A config with a training dataset."""
    path = folder / "config.py"
    Config(dict(train_dataloader=dict(dataset=dataset))).dump(path)
    return path


def reading(reader):
    return [dict(type="ReadVideo", sample=dict(type="SampleFrames", clip_len=8), reader=reader)]


def report_of(path):
    return json.loads(Path(f"{path}.report.json").read_text())


def test_a_recipe_as_it_is(monkeypatch):
    monkeypatch.delenv("VIDIDI_READER", raising=False)
    assert training_list(UCF101) == TrainingList(Path("data/ucf101/ucf101_train_split_1_videos.txt"),
                                                 Path("data/ucf101/videos"), None, "pyav", "", 1)
    monkeypatch.setenv("VIDIDI_READER", "opencv")
    assert training_list(UCF101).reader == "opencv"


def test_the_videos_of_a_training(motion, tmp_path, capsys):
    (tmp_path / "list.txt").write_bytes((motion / "train.txt").read_bytes() + b"no.mp4 1\n")
    videos = dict(type="VideoDataset", data_root=str(motion), pipeline=reading("opencv"), data_prefix=dict(video=""),
                  ann_file=str(tmp_path / "list.txt"))
    path = config(tmp_path, type="SafeDataset", dataset=dict(type="RepeatDataset", times=2, dataset=videos))
    assert exit_code("verify", "--config", path) == 1
    report = report_of(tmp_path / "list.txt")
    assert (report["reader"], report["videos"], list(report["bad"])) == ("opencv", 17, ["no.mp4"])
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Next: vididi verify {tmp_path}/list.txt --root {motion} --config {path} "
        f"--write-good {tmp_path}/list_good.txt")
    assert exit_code("verify", "--config", path, "--write-good", tmp_path / "good.txt") == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Next: train with ann_file='{tmp_path}/good.txt', data_prefix=dict(video='{motion}') in the "
        "dataset of your config")


def test_a_list_of_ones_own_is_read_as_in_the_config(motion, tmp_path):
    (tmp_path / "mine.txt").write_bytes((motion / "train.txt").read_bytes())
    path = config(tmp_path, type="VideoDataset", pipeline=reading("opencv"), ann_file="no.txt")
    assert exit_code("verify", tmp_path / "mine.txt", "--root", motion, "--config", path) == 0
    assert report_of(tmp_path / "mine.txt")["reader"] == "opencv"


def test_folders_of_frames(tmp_path):
    path = config(tmp_path, type="RawframeDataset", ann_file="list.txt", data_prefix=dict(img="frames"), start_index=0,
                  filename_tmpl="{}.png", pipeline=[dict(type="RawFrameDecode")], delimiter="\t")
    assert training_list(path) == TrainingList(Path("list.txt"), Path("frames"), "\t", "pyav", "{}.png", 0)
    path = config(tmp_path, type="SafeDataset", dataset="RawframeDataset", ann_file="list.txt", pipeline=[])
    assert training_list(path) == TrainingList(Path("list.txt"), Path(), None, "pyav", "", 1)


def test_the_next_step_counts_frames_as_the_config(tmp_path, capsys):
    """Frames of one folder are counted from 0, the other folder is missing."""
    (tmp_path / "good").mkdir()
    for number in range(3):
        Image.new("RGB", (8, 8)).save(tmp_path / f"good/img_{number:05}.jpg")
    (tmp_path / "list.txt").write_text("good 3 0\nmissing 3 0\n")
    path = config(tmp_path, type="RawframeDataset", ann_file="list.txt", data_root=str(tmp_path), start_index=0,
                  pipeline=[])
    assert exit_code("verify", "--config", path) == 1
    assert exit_code(*shlex.split(capsys.readouterr().out.splitlines()[-1].removeprefix("Next: vididi "))) == 1
    assert (tmp_path / "list_good.txt").read_text() == "good 3 0\n"


@pytest.mark.parametrize(("dataset", "message"), [
    (dict(type="ConcatDataset", datasets=[]), "a config must train on one annotation list: {} does not"),
    (dict(type="VideoDataset", ann_file="a.txt", pipeline=[dict(type="DecordInit")]),
     "vididi verify needs a config that reads with ReadVideo(reader=NAME): {} has other transforms"),
    (dict(type="VideoDataset", ann_file="a.txt", pipeline=reading(dict(init=None, decode=dict(type="DecordDecode")))),
     "vididi verify needs a config that reads with ReadVideo(reader=NAME): {} has other transforms"),
    (dict(type="VideoDataset", ann_file="a.txt", pipeline=reading("cv2")),
     "reader must be one of pyav, opencv: got 'cv2'"),
])
def test_configs_without_one_list_or_with_other_readers(tmp_path, capsys, dataset, message):
    path = config(tmp_path, **dataset)
    assert usage_error("verify", capsys, "--config", path) == message.format(path)


def test_without_mmaction2_the_error_says_how_to_get_it():
    code = ("import sys; sys.modules['mmengine'] = None; from vididi_transforms.cli import main; "
            f"main(['verify', '--config', {str(DEMO)!r}])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith(
        "vididi verify: error: this needs: pip install 'vididi-transforms[mmaction2]' (got: ")
