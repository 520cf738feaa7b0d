"""A run that is killed at any moment and resumed equals an uninterrupted run, bit for bit."""
import logging
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
import torch
from hook_runs import Clips, loader, lost_frames, make_runner
from page_commands import blocks
from paths import DEMO, ROOT
from stock_tools import TOOLS, WITH_HELPERS, options, run_forked, scalars
from tiny_runs import tiny_for

import vididi_transforms as vt
from vididi_transforms.data.worker_processes import WorkerProcess
from vididi_transforms.mmaction2 import PreemptionHook
from vididi_transforms.mmaction2.engine.resume import mark_newest

STEPS = 8  # in two epochs
CONFIG = """
_base_ = ['{demo}']
custom_imports = dict(imports=['vididi_transforms.mmaction2', 'faults'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook'), {fault}]
train_dataloader = dict(dataset=dict(_delete_=True, type='NotedDataset', note='{note}',
                                     dataset=_base_.train_dataloader.dataset))
val_dataloader = None
val_cfg = None
val_evaluator = None
{more}
"""
BY_STEPS = """
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=8)
param_scheduler = [dict(type='CosineAnnealingLR', T_max=8, by_epoch=False)]
log_processor = dict(by_epoch=False)
"""


TOGETHER = """
model = dict(type='MomentumRecognizer', cls_head=dict(
    _delete_=True, type='BYOLHead', in_channels=32, hidden_channels=16, out_channels=8))
default_hooks = dict(target=dict(type='MomentumUpdateHook'))
custom_hooks = custom_hooks + [dict(type='EMAHook', momentum=0.1, update_buffers=True)]
optim_wrapper = dict(accumulative_counts=2)
auto_scale_lr = dict(enable=True)
train_cfg = dict(max_epochs=2)
"""


def train(motion, work, fault="", code=0, resume=False, workers=0, interval=1, more=""):
    work.mkdir(exist_ok=True)
    (work / "cfg.py").write_text(CONFIG.format(
        demo=DEMO, fault=fault, note=work / f"read{'-again' * resume}.txt", more=more))
    settings = {key.replace("train_dataloader.dataset.", "train_dataloader.dataset.dataset."): value
                for key, value in tiny_for(motion).items() if not key.startswith(("val_", "test_"))}
    settings |= {"train_dataloader.num_workers": workers, "train_dataloader.persistent_workers": workers > 0,
                 "default_hooks.checkpoint.by_epoch": False, "default_hooks.checkpoint.interval": interval}
    settings = {key: value for key, value in settings.items() if not (more and key.startswith("train_cfg"))}
    return run_forked(TOOLS / "train.py", work / "cfg.py", "--work-dir", work, *["--resume"] * resume,
                      *options(settings), env=WITH_HELPERS, code=code)


def losses(work):
    return {key: scalars(work, key) for key in ("loss", "vididi_order1", "vididi_order2", "lr")}


def read(work, again=False):
    return (work / f"read{'-again' * again}.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def whole(motion, tmp_path_factory):
    """The work dir of an uninterrupted run."""
    work = tmp_path_factory.mktemp("whole")
    train(motion, work)
    assert len(losses(work)["loss"]) == STEPS
    return work


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "step"), [(0, 3), (1, 6), (2, 5)])
def test_killed_in_an_epoch(motion, whole, tmp_path, workers, step):
    train(motion, tmp_path, f"dict(type='KillHook', step={step})", -signal.SIGKILL, workers=workers)
    train(motion, tmp_path, resume=True, workers=workers)
    assert losses(tmp_path) == losses(whole)
    assert sorted(read(tmp_path, again=True)) == sorted(read(whole)[4 * (step - 1):])  # from the step before


@pytest.mark.slow
def test_killed_while_a_checkpoint_is_written(motion, whole, tmp_path):
    train(motion, tmp_path, "dict(type='KillHook', step=6, writing=True)", -signal.SIGKILL)
    log = train(motion, tmp_path, resume=True)
    assert "iter_6.pth is damaged; trying the one before" in log
    assert losses(tmp_path) == losses(whole)
    assert sorted(read(tmp_path, again=True)) == sorted(read(whole)[4 * 5:])


@pytest.mark.slow
def test_a_copied_work_dir_continues_itself(motion, whole, tmp_path):
    """And not the original, which has gone on."""
    original, copied = tmp_path / "original", tmp_path / "copied"
    train(motion, original, "dict(type='KillHook', step=3)", -signal.SIGKILL)
    shutil.copytree(original, copied, copy_function=shutil.copyfile)
    train(motion, original, resume=True)
    train(motion, copied, resume=True)
    assert losses(copied) == losses(whole)
    assert sorted(read(copied, again=True)) == sorted(read(whole)[4 * 2:])
    assert (copied / "last_checkpoint").read_text() == str(copied / "iter_8.pth")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "step", "workers"), [(signal.SIGUSR1, 3, 2), (signal.SIGTERM, 4, 0)])
def test_a_signal_saves_and_exits(motion, whole, tmp_path, number, step, workers):
    fault = f"dict(type='KillHook', step={step}, number={int(number)})"
    log = train(motion, tmp_path, fault, 128 + number, workers=workers, interval=100)
    assert f"{number.name}: saved {tmp_path}/preempted.pth after step {step}" in log
    train(motion, tmp_path, resume=True, workers=workers, interval=100)
    assert losses(tmp_path) == losses(whole)
    assert sorted(read(tmp_path, again=True)) == sorted(read(whole)[4 * step:])


@pytest.mark.slow
def test_momentum_encoder_moving_average_and_accumulated_gradients(motion, tmp_path):
    """With a scaled learning rate. The signal comes between two optimizer steps."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train(motion, whole, more=TOGETHER)
    fault = f"dict(type='KillHook', step=3, number={int(signal.SIGUSR1)})"
    log = train(motion, stopped, fault, 128 + signal.SIGUSR1, interval=100, more=TOGETHER)
    assert f"saved {stopped}/preempted.pth after step 4" in log
    train(motion, stopped, resume=True, more=TOGETHER)
    assert losses(stopped) == losses(whole)
    assert losses(whole)["lr"][1] == pytest.approx(4e-3 * 4 / 32)
    last, same = (torch.load(work / "iter_8.pth", weights_only=True) for work in (whole, stopped))
    for weights in ("state_dict", "ema_state_dict"):
        assert last[weights].keys() == same[weights].keys()
        assert all(torch.equal(value, same[weights][key]) for key, value in last[weights].items())
    weight = "backbone.conv1.conv.weight"
    assert not torch.equal(last["state_dict"][weight], last["ema_state_dict"][f"module.{weight}"])


@pytest.mark.slow
def test_a_step_that_is_not_finite(motion, whole, tmp_path):
    """The run stops, a replay gives the loss of the step, and the resumed run equals one without the fault."""
    log = train(motion, tmp_path, "dict(type='NonFiniteHook', step=3, stage='loss')", code=1)
    error = log.strip().splitlines()[-1]
    assert error.startswith("FloatingPointError: losses, gradients and weights must be finite: in step 3, counted from "
                            "0 (seed 0, derivative orders (")
    assert error.endswith(f"saved for a replay: {tmp_path}/nonfinite-step.pt; last checkpoint: {tmp_path}/iter_3.pth")
    videos = re.search(r"videos: (.+?); ", error)[1].split(", ")
    assert len(videos) == 4
    assert all(video.startswith(f"{motion}/train/") for video in videos)
    saved, losses_again = replay(tmp_path)
    assert all(torch.isinf(loss) for loss in saved["losses"].values())  # as the fault has left them
    train(motion, tmp_path, resume=True)
    assert losses(tmp_path) == losses(whole)
    means = losses(whole)["loss"]  # over the steps of the epoch so far
    assert sum(losses_again.values()).item() == pytest.approx(4 * means[4] - 3 * means[3], rel=1e-5)


def replay(work):
    """Run the code of the page on a run's files."""
    code, = (block for block in blocks(ROOT / "docs/reliability.md", "python") if "nonfinite-step.pt" in block)
    code = code.replace("work_dirs/RUN", str(work)).replace("CONFIG.py", str(work / "cfg.py"))
    names = {}
    exec(code, names)
    return names["saved"], names["losses"]


@pytest.mark.slow
def test_loop_by_steps(motion, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(motion, whole, more=BY_STEPS)
    train(motion, killed, "dict(type='KillHook', step=6)", -signal.SIGKILL, more=BY_STEPS)
    train(motion, killed, resume=True, more=BY_STEPS)
    assert losses(killed) == losses(whole)
    assert len(losses(whole)["loss"]) == STEPS
    assert sorted(read(killed, again=True)) == sorted(read(whole)[4 * 5:])


def position(tmp_path, batch, resume=None, seed=9):
    """A run of four epochs of 12 videos; ``seed`` is the sampler's."""
    data = dict(loader(Clips()), batch_size=batch, sampler=dict(type="KeyedSampler", shuffle=True, seed=seed))
    return make_runner(
        tmp_path, [dict(type="ViDiDiHook"), dict(type="ExactResumeHook")], train_dataloader=data,
        default_hooks=dict(checkpoint=dict(type="CheckpointHook", by_epoch=False, interval=1, max_keep_ckpts=-1)),
        default_scope="mmaction", resume=resume is not None, load_from=resume and str(tmp_path / "work" / resume))


def videos(runner):
    return [video for _, _, index in runner.model.seen for video in index.tolist()]


@pytest.fixture
def whole_in_process(tmp_path):
    runner = position(tmp_path, 4)
    runner.train()
    return runner


@pytest.mark.parametrize("seed", [9, None])
def test_videos_continue_in_the_order_of_the_interrupted_run(whole_in_process, tmp_path, seed):
    runner = position(tmp_path, 4, "iter_5.pth", seed)
    runner.train()
    assert videos(runner) == videos(whole_in_process)[4 * 5:]


def test_another_batch_size_at_the_start_of_an_epoch(whole_in_process, tmp_path):
    runner = position(tmp_path, 6, "iter_6.pth")
    messages = []
    runner.logger.warning = messages.append
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    assert lost_frames(runner) == [max(selector.orders(2 + step // 2, 6 + step)) for step in range(4)]
    assert videos(runner) == videos(whole_in_process)[4 * 6:]
    assert ("the checkpoint was trained with a global batch size of 4 and 3 steps per epoch, and this run has a global "
            "batch size of 6 and 2 steps per epoch: batch size times ranks must stay the same for an exact resume"
            ) in messages


def test_another_batch_size_in_an_epoch_is_refused(whole_in_process, tmp_path):
    with pytest.raises(ValueError, match=r"size of 4 .* size of 6 .*must stay the same in the middle of an epoch"):
        position(tmp_path, 6, "iter_5.pth").train()


def checkpoints(folder, *names):
    for number, name in enumerate(names):
        torch.save(dict(state_dict=torch.zeros(2000)), folder / name)
        os.utime(folder / name, (number, number))
    return [folder / name for name in names]


def spoil(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    time = path.stat().st_mtime
    path.write_bytes(data)
    os.utime(path, (time, time))


def test_newest_undamaged_checkpoint(tmp_path, caplog):
    first, second, third = checkpoints(tmp_path, "epoch_1.pth", "iter_9.pth", "preempted.pth")
    for newest in (third, second, first):
        mark_newest(tmp_path, logging.getLogger())
        assert (tmp_path / "last_checkpoint").read_text() == str(newest)
        spoil(newest)
    assert [record.message for record in caplog.records] == 2 * [
        f"checkpoint {third} is damaged; trying the one before"] + [
        f"checkpoint {second} is damaged; trying the one before"]
    with pytest.raises(ValueError, match=r"all checkpoints in .* are damaged: preempted.pth, iter_9.pth, epoch_1.pth"):
        mark_newest(tmp_path, logging.getLogger())


def test_no_checkpoints_and_checkpoints_in_another_folder(tmp_path):
    mark_newest(tmp_path, logging.getLogger())
    assert not list(tmp_path.iterdir())
    (tmp_path / "other").mkdir()
    old, new = checkpoints(tmp_path / "other", "epoch_1.pth", "epoch_2.pth")
    (tmp_path / "last_checkpoint").write_text(str(old))
    mark_newest(tmp_path, logging.getLogger())
    assert (tmp_path / "last_checkpoint").read_text() == str(new)
    (tmp_path / "last_checkpoint").write_text("")  # killed while it was written
    checkpoints(tmp_path, "epoch_3.pth")
    mark_newest(tmp_path, logging.getLogger())
    assert (tmp_path / "last_checkpoint").read_text() == str(tmp_path / "epoch_3.pth")


@pytest.mark.parametrize("moved", [True, False])
def test_a_moved_or_copied_work_dir(tmp_path, moved):
    """Copies have other times: the newest is the one that ``last_checkpoint`` names, also when it is read again."""
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    checkpoints(work, "epoch_10.pth", "epoch_5.pth")
    (work / "last_checkpoint").write_text(str(other / "epoch_10.pth"))
    if not moved:
        other.mkdir()
        checkpoints(other, "epoch_10.pth", "epoch_15.pth")
    for _ in range(2):
        mark_newest(work, logging.getLogger())
        assert (work / "last_checkpoint").read_text() == str(work / "epoch_10.pth")


def test_what_last_checkpoint_names_is_gone(tmp_path):
    last = tmp_path / "last_checkpoint"
    last.write_text("/no/epoch_3.pth")
    with pytest.raises(ValueError, match=(rf"^nothing to resume from: {last} names /no/epoch_3.pth, which does not "
                                          rf"exist, and {tmp_path} has no checkpoint; remove last_checkpoint to train "
                                          "from scratch$")):
        mark_newest(tmp_path, logging.getLogger())
    last.write_text("s3://bucket/epoch_3.pth")  # MMEngine reads it
    mark_newest(tmp_path, logging.getLogger())
    assert last.read_text() == "s3://bucket/epoch_3.pth"


@pytest.fixture
def listening():
    hook = PreemptionHook()
    hook.before_train(None)
    yield hook
    hook.after_train(None)


def test_other_child_processes_can_be_stopped(listening):
    for _ in range(300):  # at once, so that some signals come in the middle of the fork
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        os.kill(child, signal.SIGTERM)
        assert status_of(child) == signal.SIGTERM
    assert listening._received is None


def status_of(child, seconds=60):
    """The exit status of a child process, which may not outlive the limit."""
    end = time.monotonic() + seconds
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)
    return ended[1]


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_data_loader_workers_ignore_the_signals_of_others(listening, number):
    """And so do their reader processes."""
    batches = iter(torch.utils.data.DataLoader(Read(40), num_workers=2, batch_size=None, timeout=120))
    seen = [next(batches) for _ in range(2)]  # one from each worker
    for process in [worker.pid for worker in batches._workers] + [reader for _, reader in seen]:
        subprocess.run(["kill", f"-{number}", str(process)], check=True)
    seen += list(batches)
    assert [int(value) for value, _ in seen] == list(range(40))
    assert len({int(reader) for _, reader in seen}) == 2


class Read(torch.utils.data.Dataset):
    """Numbers, each with the process that read it."""

    def __init__(self, number):
        self.number, self.read = number, WorkerProcess(lambda index: (index, os.getpid()), timeout=20)

    def __len__(self):
        return self.number

    def __getitem__(self, index):
        return self.read(index)


def test_unknown_signal():
    with pytest.raises(ValueError, match="signals must be names such as SIGUSR1: got USR1"):
        PreemptionHook(signals=("USR1", "SIGTERM"))
