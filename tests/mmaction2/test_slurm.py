"""On a real Slurm of one node: the job in docs/cluster.md is interrupted twice and ends as if it never had been."""
import re
import sys
from functools import partial

import pytest
from paths import DEMO, ROOT
from slurm import Slurm
from stock_tools import WITH_HELPERS, options, scalars
from tiny_runs import tiny_for
from waiting import until

pytestmark = pytest.mark.slow
STEPS = 16
CONFIG = """
_base_ = ['{demo}']
custom_imports = dict(imports=['vididi_transforms.mmaction2', 'faults'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook'), dict(type='SlowHook', seconds={seconds})]
train_cfg = dict(max_epochs=8)
val_dataloader = None
val_cfg = None
val_evaluator = None
model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False)
"""
ON_THIS_NODE = {  # what replaces the words of the documented job
    "mim train vididi_transforms": f"{sys.executable} -m mim train mmaction2",
    "vididi-vicreg_r3d18_8xb32-8x3x2-400e_kinetics400-rgb.py": "{work}/cfg.py",
    "--work-dir work_dirs/kinetics": "--work-dir {work} --srun-args=--gres=none",
    "--nodes=2 --ntasks-per-node=8 --gres=gpu:8 --cpus-per-task=8": "--ntasks=2",
    "--gpus 16 --gpus-per-node 8 --cpus-per-task 8": "--gpus 2 --gpus-per-node 2 --cpus-per-task 1",
    "--partition=gpu": "--partition=train",
    "--partition gpu": "--partition train",
    "--output=%x-%j.out": "--output={work}/job.out",
}


@pytest.fixture(scope="module")
def slurm():
    try:
        node = Slurm().__enter__()
    except RuntimeError as reason:  # not installed, or not allowed to start
        pytest.skip(str(reason))
    node.env |= WITH_HELPERS
    yield node
    node.__exit__()


def job(motion, work, seconds=0.0):
    """The job script and its arguments."""
    work.mkdir()
    (work / "cfg.py").write_text(CONFIG.format(demo=DEMO, seconds=seconds))
    text = re.search(r"```bash\n(#!/bin/bash.*?)```", (ROOT / "docs/cluster.md").read_text(), flags=re.S)[1]
    for there, here in ON_THIS_NODE.items():
        assert there in text
        text = text.replace(there, here.format(work=work))
    (work / "job.sh").write_text(text)
    settings = {key: value for key, value in tiny_for(motion).items()
                if not key.startswith(("train_cfg", "val_", "test_"))}
    settings |= {"train_dataloader.num_workers": 1, "train_dataloader.persistent_workers": True}  # signalled, too
    return [work / "job.sh", *options(settings, **{"default_hooks.checkpoint.interval": 100})]


def steps(work):
    return len(scalars(work, "loss"))


def state(slurm, number):
    return dict(re.findall(r"(\w+)=(\S+)", slurm("scontrol", "show", "job", number)))


def output(work):
    return (work / "job.out").read_text() if (work / "job.out").exists() else "no output"


def wait(slurm, number, work, condition):
    """Wait until ``condition(state)``; a failed job is an error at once."""
    def reached():
        now = state(slurm, number)
        assert now.get("JobState") != "FAILED", f"{now}\n{output(work)[-3000:]}"
        return condition(now)
    until(reached, output=lambda: f"{state(slurm, number)}\n{output(work)}")


def completed(state):
    return state.get("JobState") == "COMPLETED"


@pytest.fixture(scope="module")
def whole(slurm, motion, tmp_path_factory):
    """The work dir of an uninterrupted job."""
    work = tmp_path_factory.mktemp("whole") / "work"
    wait(slurm, slurm("sbatch", "--parsable", *job(motion, work)), work, completed)
    assert steps(work) == STEPS
    return work


def test_a_job_continues_after_a_signal_and_after_preemption(slurm, motion, whole, tmp_path):
    work = tmp_path / "work"
    number = slurm("sbatch", "--parsable", *job(motion, work, seconds=0.4))
    reach = partial(wait, slurm, number, work)
    reach(lambda _: steps(work) >= 3)
    slurm("scancel", "--signal=USR1", "--batch", number)  # as --signal=B:USR1@300 does
    reach(lambda state: state.get("Restarts") == "1")
    before = steps(work)
    reach(lambda _: steps(work) >= before + 3)
    slurm("scontrol", "requeue", number)  # as the scheduler does for a more important job
    reach(lambda state: state.get("Restarts") == "2")
    reach(completed)
    assert re.findall(r"SIG\w+: saved", output(work)) == ["SIGUSR1: saved", "SIGTERM: saved"]
    for key in ("vididi_order1", "vididi_order2", "loss", "lr"):
        assert scalars(work, key) == scalars(whole, key)
