"""MMAction2's dataset with the package's lists: labels, numbers in the log, a training through the stock tool."""
import re

import pytest
import torch
from mmaction.datasets import VideoDataset
from mmaction.registry import DATASETS
from mmengine.config import Config
from paths import CONFIGS, DEMO
from stock_tools import TOOLS, options, run_forked


def dataset(tmp_path, text, **arguments):
    path = tmp_path / "list.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return DATASETS.build(dict(type="VideoListDataset", ann_file=str(path), pipeline=[], **arguments))


def infos(data):
    return [(info["filename"], info["label"]) for info in map(data.get_data_info, range(len(data)))]


@pytest.mark.parametrize(("text", "arguments"), [
    ("a.mp4 0\nb/c.mp4 12\na.mp4 0", {}), ("a.mp4\n/b.mp4\n", {}), ("a b.mp4,3\n", dict(delimiter=",")),
    ("a.mp4 0 2\nb.mp4 1\nc.mp4\na.mp4 1\n", dict(multi_class=True, num_classes=3)),
    ("a.mp4 1\n", dict(data_root="root")),
])
def test_equals_stock_on_stock_lists(tmp_path, text, arguments):
    ours = dataset(tmp_path, text, **{"data_prefix": dict(video="videos")} | arguments)
    stock = VideoDataset(str(tmp_path / "list.txt"), [], **{"data_prefix": dict(video="videos")} | arguments)
    for index in range(len(stock)):
        one, other = ours.get_data_info(index), stock.get_data_info(index)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) if torch.is_tensor(one[key]) else one[key] == other[key]
                   for key in one)
    assert len(ours) == len(stock)


def test_a_list_that_stock_cannot_read(tmp_path):
    text = "path,label\r\nmy clip.mp4,1\r\n\r\n\"a 2\",0\r\n\"a 2\",0\r\n"
    data = dataset(tmp_path, text.encode("utf-16"), data_prefix=dict(video="videos"), labelled=True)
    assert infos(data) == [("videos/my clip.mp4", 1), ("videos/a 2", 0), ("videos/a 2", 0)]


@pytest.mark.parametrize(("text", "arguments", "message"), [
    ("a.mp4\nb.mp4\n", dict(labelled=True), "recognition and retrieval need a label for every video: got line 1 of "
     "{}, 'a.mp4'"),
    ("a.mp4 1 2\n", {}, "a video has one label, unless the dataset has multi_class=True; a name that ends with a "
     "number needs double quotes: got line 1 of {}, 'a.mp4 1 2'"),
    ("a.mp4 1\nb.mp4 3\n", dict(num_classes=3), "labels must be less than num_classes=3: got line 2 of {}, 'b.mp4 3'"),
    ("a.mp4 1\n", dict(multi_class=True), "multi_class=True needs num_classes: got None"),
    ("a.mp4 1\nb.mp4\n", {}, "every line needs a label if one line has a label: got line 2 of {}, 'b.mp4'"),
])
def test_errors(tmp_path, text, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message.format(tmp_path / "list.txt")) + "$"):
        dataset(tmp_path, text, **arguments)


def test_recipes_ask_for_labels_where_they_need_them():
    """Pretraining does not."""
    for path in sorted(CONFIGS.glob("*/*.py")):
        cfg = Config.fromfile(path)
        for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
            data = (cfg.get(loader) or {}).get("dataset", {})
            for one in data.get("datasets", [data] if data else []):
                kind = one.get("dataset", one.type)
                assert kind in ("VideoListDataset", "SafeAVADataset"), (path, loader)
                needs = cfg.model.type == "Recognizer3D" or loader != "train_dataloader"
                assert kind == "SafeAVADataset" or one.get("labelled", False) == needs, (path, loader)


@pytest.mark.slow
def test_training_on_an_awkward_list(tiny_options, motion, tmp_path):
    """Names with blanks, other scripts, backslashes, absolute and relative paths; the log has the numbers."""
    lines = (motion / "train.txt").read_text().splitlines()
    videos = tmp_path / "videos"
    names = ["my clip 1.mp4", "中文/视频 2.mp4", "🎥 #1 50%.mp4", "a,b;c.mp4"]
    written = ["my clip 1.mp4,0", "中文\\视频 2.mp4\t1", f"{videos}/🎥 #1 50%.mp4  0", '"a,b;c.mp4",1']
    (videos / "中文").mkdir(parents=True)
    for name, line in zip(names, lines, strict=False):
        (videos / name).symlink_to(motion / line.split(" ")[0])
    (tmp_path / "list.csv").write_bytes("\r\n".join(["path,label", *written, written[0], "", ""]).encode("utf-8-sig"))
    changed = tiny_options | {"train_dataloader.dataset.ann_file": tmp_path / "list.csv",
                              "train_dataloader.dataset.data_prefix.video": videos, "train_cfg.max_epochs": 1}
    output = run_forked(TOOLS / "train.py", DEMO, "--work-dir", tmp_path / "work", *options(changed))
    assert f"videos of {tmp_path}/list.csv: 5, classes: 2, duplicates: 1, blank lines: 1, without label: 0" in output
    assert (tmp_path / "work/epoch_1.pth").exists()
    assert not (tmp_path / "work/bad_videos.json").exists()


@pytest.mark.slow
def test_a_line_that_cannot_be_understood_ends_the_start(tiny_options, tmp_path):
    (tmp_path / "list.txt").write_text("a.mp4 0\nb.mp4 cat\n")
    changed = tiny_options | {"train_dataloader.dataset.ann_file": tmp_path / "list.txt"}
    output = run_forked(TOOLS / "train.py", DEMO, "--work-dir", tmp_path / "work", *options(changed), code=1)
    assert output.strip().splitlines()[-1].endswith(f"got line 2 of {tmp_path}/list.txt, 'b.mp4 cat'")


