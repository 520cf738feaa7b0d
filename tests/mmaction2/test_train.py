"""Training as a user runs it: mim and the stock tools in new processes, encoded videos, kill and resume."""
import json
import re
import signal
import subprocess
import sys

import pytest
import torch
from forked import forking
from paths import DEMO
from stock_tools import ENV, TOOLS, free_port, options, run, run_forked, scalars
from waiting import until

import vididi_transforms as vt

pytestmark = pytest.mark.slow


def test_train_by_mim_then_test_in_a_new_process(tiny_options, tmp_path):
    work = tmp_path / "work"
    log = run("-m", "mim", "train", "mmaction2", DEMO, "--launcher", "none", "--gpus", "0", "--work-dir", work,
              *options(tiny_options))
    validated = {key: value[2] for key in ("retrieval/top1", "retrieval/top5") if (value := scalars(work, key))}
    checkpoint = (work / "last_checkpoint").read_text()
    loaded = torch.load(checkpoint, weights_only=True)
    assert loaded["vididi"] == vt.PairSelector("vididi", seed=loaded["meta"]["seed"]).state_dict()
    assert (loaded["meta"]["epoch"], loaded["meta"]["iter"]) == (2, 8)
    run_forked("-m", "mim", "test", "mmaction2", DEMO, "--checkpoint", checkpoint, "--launcher", "none", "--gpus", "0",
               "--work-dir", tmp_path / "test", *options(tiny_options))
    tested, = (json.loads(path.read_text()) for path in (tmp_path / "test").glob("*/*.json"))
    assert {key: tested[key] for key in validated} == pytest.approx(validated)
    assert len(validated) == 2
    assert (tested["retrieval/gallery"], tested["retrieval/queries"]) == (16, 8)
    assert "repairs mmaction.models.localizers.drn" in log


def orders(work_dir):
    return {step: (order, scalars(work_dir, "vididi_order2")[step])
            for step, order in scalars(work_dir, "vididi_order1").items()}


def test_killed_and_resumed_equals_uninterrupted(tiny_options, tmp_path):
    more = {"train_cfg.max_epochs": 4, "train_cfg.val_interval": 9}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train = (TOOLS / "train.py", DEMO, *options(tiny_options, **more))
    run_forked(*train, "--work-dir", whole)
    with (tmp_path / "killed.log").open("w") as log:
        process = subprocess.Popen([sys.executable, *map(str, train), "--work-dir", str(killed)],
                                   env=forking(ENV), stdout=log, stderr=subprocess.STDOUT)
    until(lambda: (killed / "epoch_2.pth").exists() or process.poll() is not None, every=0.02,
          output=(tmp_path / "killed.log").read_text)
    assert process.poll() is None, "training ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    run_forked(*train, "--work-dir", killed, "--resume")
    assert orders(killed) == orders(whole)
    assert len(orders(whole)) == 16
    assert len(set(orders(whole).values())) > 3
    assert scalars(killed, "loss") == pytest.approx(scalars(whole, "loss"))


def test_one_view_is_a_clear_error(tiny_options, motion, tmp_path):
    """ViDiDiHook in the config of a stock recognition training, which has one view."""
    config = tmp_path / "single.py"
    config.write_text(f"""
_base_ = ['{DEMO}']
train_pipeline = [
    dict(type='DecordInit'), dict(type='SampleFrames', clip_len=8, frame_interval=3, num_clips=1),
    dict(type='DecordDecode'), dict(type='Resize', scale=(32, 32), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'), dict(type='PackActionInputs')]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
""")
    output = run_forked(TOOLS / "train.py", config, "--work-dir", tmp_path / "work", *options(tiny_options), code=1)
    assert "needs inputs [B, 2, C, T, H, W] (two clips of each video): got (4, 1, 3, 8, 32, 32)" in output


@pytest.mark.parametrize(("line", "text"), [
    ("train/no.mp4 0", r"cannot read video '.*/train/no.mp4': FileNotFoundError"),
    ("broken.mp4 0", r"cannot read video '.*/broken.mp4': UnreadableError"),
])
def test_a_bad_video_in_the_list_is_named(tiny_options, motion, tmp_path, line, text):
    (motion / "broken.mp4").write_bytes(b"not a video")
    (tmp_path / "bad.txt").write_text(f"{line}\n" * 4)
    changed = tiny_options | {"train_dataloader.dataset.ann_file": tmp_path / "bad.txt",
                              "train_dataloader.num_workers": 1}
    output = run_forked(TOOLS / "train.py", DEMO, "--work-dir", tmp_path / "work", *options(changed), code=1)
    assert re.search(text, output)


def test_two_ranks_choose_the_same_orders(tiny_options, tmp_path):
    """Started by mim on the CPU: the model is wrapped for distributed training, and every video is tested once."""
    more = {"model_wrapper_cfg.type": "MMDistributedDataParallel", "model_wrapper_cfg.device_ids": None,
            "model_wrapper_cfg.broadcast_buffers": False, "train_dataloader.batch_size": 2}
    run_forked("-m", "mim", "train", "mmaction2", DEMO, "--launcher", "pytorch", "--gpus", "2", "--port", free_port(),
               "--work-dir", tmp_path / "two", *options(tiny_options, **more))
    run_forked(TOOLS / "train.py", DEMO, "--work-dir", tmp_path / "one", *options(tiny_options))
    assert orders(tmp_path / "two") == orders(tmp_path / "one")
    assert scalars(tmp_path / "two", "retrieval/queries") == {2: 8}
