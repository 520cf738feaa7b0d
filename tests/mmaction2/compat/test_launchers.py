"""mmengine's launchers without an accelerator; runs with several ranks are in test_processes and test_slurm."""
import subprocess
import sys

import pytest
import torch
from mmengine.dist import init_dist

from vididi_transforms.mmaction2.compat import launchers

TASK = {"SLURM_PROCID": "5", "SLURM_NTASKS": "16", "SLURM_LOCALID": "1", "SLURM_NODELIST": "gpu[3-4,9]"}


@pytest.fixture
def task(monkeypatch):
    for name in ("MASTER_ADDR", "MASTER_PORT", *TASK):
        monkeypatch.delenv(name, raising=False)
    for name, value in TASK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(launchers, "first_host", lambda nodes: {"gpu[3-4,9]": "gpu3"}[nodes])
    return monkeypatch


def test_rank_and_address_come_from_slurm(task):
    assert launchers.slurm_variables() == dict(RANK="5", WORLD_SIZE="16", LOCAL_RANK="1", MASTER_ADDR="gpu3",
                                               MASTER_PORT="29500")


def test_address_and_port_can_be_set(task):
    task.setenv("MASTER_ADDR", "there")
    task.setenv("MASTER_PORT", "1")  # as mim does
    variables = [launchers.slurm_variables(port) for port in (None, 2)]
    assert [(each["MASTER_ADDR"], each["MASTER_PORT"]) for each in variables] == [("there", "1"), ("there", "2")]


def test_outside_slurm(task):
    task.delenv("SLURM_PROCID")
    with pytest.raises(RuntimeError, match=r"'slurm' needs a process started by srun, .* SLURM_PROCID is not set"):
        launchers.slurm_variables()


@pytest.mark.parametrize("name", ["pytorch", "slurm"])
def test_with_an_accelerator_mmengines_launcher_is_called(monkeypatch, name):
    ours = getattr(launchers.utils, f"_init_dist_{name}")
    called = []
    monkeypatch.setattr(launchers, "get_device", lambda: "cuda")
    monkeypatch.setattr(launchers.utils, f"_init_dist_{name}", lambda *args, **kwargs: ours.func(
        lambda *args, **kwargs: called.append((args, kwargs)), *args, **kwargs))
    init_dist(name, backend="nccl", port=3)
    assert called == [(("nccl",), dict(init_backend="torch", port=3))]
    assert ours.args[0].__module__ == "mmengine.dist.utils"
    assert not torch.distributed.is_initialized()


def test_the_import_starts_no_process_group():
    """The tasks of a job may be independent trainings."""
    names = {**TASK, "TORCHELASTIC_RUN_ID": "1", "RANK": "0", "WORLD_SIZE": "2"}
    code = f"import os, torch; os.environ.update({names}); import vididi_transforms.mmaction2; " \
           "assert not torch.distributed.is_initialized()"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
