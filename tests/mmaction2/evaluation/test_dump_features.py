"""The feature file of one and two ranks, written next to the retrieval metric."""
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from paths import CONFIGS
from ranks import run_two_ranks
from retrieval_samples import N, evaluate, expected, samples

from vididi_transforms.data.motions import MOTIONS
from vididi_transforms.mmaction2 import DumpFeatures


def dump(out, **settings):
    return evaluate([dict(type="VideoRetrievalMetric"), dict(type="DumpFeatures", out=str(out))], **settings)


def check(path):
    """The file has every sample once, in the order of the dataset."""
    data = samples()
    with np.load(path) as file:
        content = dict(file)
    assert np.array_equal(content["features"], torch.stack([sample["feature"] for sample in data]).numpy())
    assert content["features"].dtype == np.float32
    assert content["labels"].tolist() == [int(sample["gt_label"]) for sample in data]
    assert content["labels"].dtype == np.int64
    assert content["splits"].tolist() == [sample["split"] for sample in data]
    assert content["videos"].tolist() == [sample["filename"] for sample in data]
    return content


def test_next_to_the_retrieval_metric(tmp_path):
    result = dump(tmp_path / "new/features.npz")
    assert result == expected() | {"retrieval/gallery": 15, "retrieval/queries": 8, "features/videos": N}
    assert set(check(tmp_path / "new/features.npz")) == {"features", "labels", "splits", "videos"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["features.npz"]


@pytest.mark.parametrize(("meta", "names"), [
    (dict(classes=["a", "b", "c", "d"]), ["a", "b", "c", "d"]),
    (dict(classes=("run",)), ["run"]),
    (dict(dataset_type="x"), None),
    (dict(classes="a/file/that/is/not/there.txt"), None),  # mmengine keeps the path
])
def test_class_names_come_from_the_dataset(tmp_path, meta, names):
    dump(tmp_path / "features.npz", meta=meta)
    content = check(tmp_path / "features.npz")
    assert (content["classes"].tolist() if names else content.get("classes")) == names


def test_half_precision_and_a_dataset_of_frames(tmp_path):
    data = [{**{key: value for key, value in sample.items() if key != "filename"}, "frame_dir": f"v{i}",
             "feature": sample["feature"].bfloat16()} for i, sample in enumerate(samples())]
    dump(tmp_path / "features.npz", data=data)
    with np.load(tmp_path / "features.npz") as file:
        assert file["features"].dtype == np.float32
        assert file["videos"].tolist() == [f"v{i}" for i in range(N)]


def test_an_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "features.npz"
    dump(path)

    def interrupted(file, **columns):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dump(path)
    check(path)


def test_goes_to_the_work_dir(tmp_path):
    log = SimpleNamespace(log_file=str(tmp_path / "work/20260101_000000/20260101_000000.log"))
    with patch.object(MMLogger, "get_current_instance", return_value=log):
        assert DumpFeatures().out == tmp_path / "work/features.npz"


def dump_rank(rank, folder):
    with DefaultScope.overwrite_default_scope("mmaction"):
        dump(folder / "features.npz", rank=rank, ranks=2)


@pytest.mark.slow
def test_two_ranks_write_every_video_once(tmp_path):
    run_two_ranks(dump_rank, tmp_path)
    check(tmp_path / "features.npz")


@pytest.mark.parametrize("path", sorted([*CONFIGS.glob("retrieval/*.py"), *CONFIGS.glob("demo/*vicreg*.py")]),
                         ids=lambda path: path.stem)
def test_every_retrieval_config_writes_it(path):
    assert [metric.type for metric in Config.fromfile(path).test_evaluator] == ["VideoRetrievalMetric", "DumpFeatures"]


def test_classes_of_the_config_are_the_motions():
    cfg = Config.fromfile(CONFIGS / "demo/vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py")
    assert [tuple(data.metainfo.classes) for data in cfg.test_dataloader.dataset.datasets] == [tuple(MOTIONS)] * 2
