"""Unreadable videos: replaced reproducibly, counted and logged; above a limit training stops."""
import faulthandler
import json
import os
import signal
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS
from mmengine.runner import Runner

from vididi_transforms.mmaction2 import BadVideosHook, KeyedSampler, SafeDataset, VideoReadError
from vididi_transforms.mmaction2.datasets.samplers import KeyedIndex


@DATASETS.register_module()
class Numbers:
    """Sample i is i and a random number of each global generator; the samples in ``bad`` cannot be read."""

    def __init__(self, length=20, bad=(), fault="raise"):
        self.length, self.bad, self.fault = length, bad, fault
        self.metainfo = {}

    def __len__(self):
        return self.length

    def full_init(self):
        pass

    def get_data_info(self, index):
        return dict(filename=f"{index}.mp4")

    def __getitem__(self, index):
        if int(index) in self.bad:
            if self.fault == "hang":
                time.sleep(60)
            if self.fault == "die":
                faulthandler.disable()  # no traceback for an intended crash
                os.kill(os.getpid(), signal.SIGSEGV)
            raise OSError("moov atom not found")
        return int(index), np.random.rand(), torch.rand(()).item()


def safe(**settings):
    wrapper = {key: settings.pop(key) for key in ("timeout", "attempts") if key in settings}
    return SafeDataset("Numbers", **wrapper, **settings)


def read(dataset, epoch=0, workers=0):
    sampler = KeyedSampler(dataset, shuffle=True, seed=3)
    sampler.set_epoch(epoch)
    loader = torch.utils.data.DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers,
                                         collate_fn=lambda batch: batch)
    return [list(batch) for batch in loader]


@pytest.mark.parametrize("timeout", [None, 30])
def test_replacements_do_not_depend_on_the_number_of_workers(timeout):
    bad = (2, 3, 11)
    first, *others = (read(safe(bad=bad, timeout=timeout), workers=workers) for workers in (0, 1, 2, 3))
    assert all(other == first for other in others)
    assert [len(batch) for batch in first] == [4] * 5
    found, whole = ([sample for batch in batches for sample in batch] for batches in (first, read(safe())))
    assert not {number for number, *_ in found} & set(bad)
    assert [sample for sample in whole if sample[0] not in bad] == [
        sample for sample, before in zip(found, whole, strict=True) if before[0] not in bad]


def test_replacements_differ_between_epochs():
    dataset = safe(length=1000, bad=(7,))
    chosen = [dataset[KeyedIndex(7, seed=0, epoch=epoch)][0] for epoch in range(5)]
    assert len(set(chosen)) == 5
    assert dataset[7][0] == dataset[7][0] != 7


def test_without_a_key_random_numbers_are_those_of_the_stock_dataset():
    dataset = safe()
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    assert dataset[4][1] == expected
    assert dataset[KeyedIndex(4, 0, 0)] == dataset[KeyedIndex(4, 0, 0)]


def test_too_many_in_a_row():
    line = r"\n  \d+.mp4: OSError: moov atom not found"
    with pytest.raises(VideoReadError, match=rf"^10 videos in a row cannot be read:\n  5.mp4: .*({line}){{9}}$"):
        safe(bad=range(20))[5]


@pytest.mark.parametrize(("fault", "message"), [("hang", "TimeoutError: took longer than 0.5 seconds"),
                                                ("die", "the process died with exit code -11"),
                                                ("raise", "OSError: moov atom not found")])
def test_a_reader_that_hangs_or_dies(fault, message):
    dataset = safe(bad=(4, 5), fault=fault, timeout=0.5, attempts=1)
    start = time.monotonic()
    for index in (4, 5):
        with pytest.raises(VideoReadError, match=f"{index}.mp4: {message}"):
            dataset[index]
        assert dataset[index + 2][0] == index + 2
    assert time.monotonic() - start < 20


def test_bad_settings():
    with pytest.raises(ValueError, match="a timeout must be > 0 and needs a system that can fork: got 0 on posix"):
        safe(timeout=0)
    with pytest.raises(ValueError, match="attempts must be >= 1: got 0"):
        safe(attempts=0)


def spoil(motion, folder, names):
    """Copy the dataset, with some training videos broken or missing; return their paths."""
    lines = (motion / "train.txt").read_text().splitlines()
    (folder / "train").mkdir(parents=True)
    for line in lines:
        name = line.rsplit(" ", 1)[0]
        (folder / name).write_bytes((motion / name).read_bytes())
    broken = [lines[number].rsplit(" ", 1)[0] for number in names]
    (folder / broken[0]).write_bytes(b"not a video")
    for name in broken[1:]:
        (folder / name).unlink()
    return {str(folder / name) for name in broken}


def unvalidated(tiny, motion, folder):
    tiny.merge_from_dict({"val_dataloader": None, "val_cfg": None, "val_evaluator": None,
                          "train_dataloader.dataset.data_prefix.video": str(folder),
                          "default_hooks.bad_videos.limit": 0.2})
    return tiny


def test_in_a_run(tiny, motion, tmp_path):
    broken = spoil(motion, tmp_path / "data", (3, 8))
    runner = Runner.from_cfg(unvalidated(tiny, motion, tmp_path / "data"))
    runner.train()
    assert runner.iter == 8  # as many steps as without broken videos
    report = json.loads((tmp_path / "work/bad_videos.json").read_text())
    assert {name: entry["times"] for name, entry in report.items()} == dict.fromkeys(broken, 2)
    assert any("cannot read video" in entry["error"] for entry in report.values())
    log = next((tmp_path / "work").glob("*/*.log")).read_text()
    assert all(log.count(f"replaced, as it cannot be read: {name}") == 1 for name in broken)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a.mp4": 3}', '{"a.mp4": {"error": "gone"}}', "\0" * 20])
def test_a_damaged_report_is_renamed(tmp_path, content):
    warnings, path = [], tmp_path / "bad_videos.json"
    runner = SimpleNamespace(work_dir=str(tmp_path), iter=0, logger=SimpleNamespace(warning=warnings.append),
                             train_dataloader=FakeLoader())
    path.write_text(content)
    hook = BadVideosHook(limit=1)
    hook.before_train(runner)
    assert warnings == [f"{path} is damaged: it is now bad_videos.damaged.json, and a new report begins"]
    assert (tmp_path / "bad_videos.damaged.json").read_text() == content
    hook.after_train_iter(runner, 0, dict(data_samples=[SimpleNamespace(replaced=[("b.mp4", "gone")])]))
    again = BadVideosHook(limit=1)
    again.before_train(runner)
    assert again._videos == {"b.mp4": {"error": "gone", "times": 1}}
    assert len(warnings) == 2


def test_training_stops_above_the_limit(tiny, motion, tmp_path):
    broken = spoil(motion, tmp_path / "data", (3, 8, 9, 12))
    runner = Runner.from_cfg(unvalidated(tiny, motion, tmp_path / "data"))
    with pytest.raises(RuntimeError, match=r"4 of 16 samples could not be read in epoch 1, .* is 20\.00%") as stop:
        runner.train()
    assert all(name in str(stop.value) for name in broken)


def test_limit_is_per_epoch_and_one_video_is_always_allowed(tmp_path):
    hook = BadVideosHook(limit=0)
    runner = SimpleNamespace(work_dir=str(tmp_path), iter=0, logger=SimpleNamespace(warning=print),
                             train_dataloader=FakeLoader())
    hook.before_train(runner)
    bad = dict(data_samples=[SimpleNamespace(replaced=[("a.mp4", "gone")]), SimpleNamespace()])
    for runner.iter in (0, 5, 10):  # one per epoch of five steps
        hook.after_train_iter(runner, 0, bad)
    with pytest.raises(RuntimeError, match=r"2 of 20 samples could not be read in epoch 3, and the limit is 0\.00%"):
        hook.after_train_iter(runner, 0, bad)
    hook.before_train(runner)
    assert hook._videos["a.mp4"]["times"] == 4
    with pytest.raises(ValueError, match=r"limit must be in \[0, 1\]: got 2"):
        BadVideosHook(limit=2)


class FakeLoader:
    dataset = range(20)

    def __len__(self):
        return 5
