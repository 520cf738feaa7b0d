"""Distributed training with mmengine's launchers without an accelerator.

mmengine's launchers select a CUDA device for each process and fail on a CPU node. Without an accelerator, the process
group is started with gloo instead. With an accelerator, nothing changes.
"""
import logging
import os
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import utils
from mmengine.logging import print_log


def install() -> None:
    """Make mmengine's launchers for torchrun and Slurm work without an accelerator."""
    for name in ("_init_dist_pytorch", "_init_dist_slurm"):
        setattr(utils, name, partial(launch, getattr(utils, name)))


def launch(launcher: Callable[..., None], backend: str, **options: Any) -> None:
    """Start the process group, with gloo if there is no accelerator.

    Args:
        launcher: mmengine's launcher for torchrun or Slurm.
        backend, options: arguments of mmengine's ``init_dist``.

    Raises:
        RuntimeError: If the launcher is Slurm's, and ``srun`` has not started this process.
    """
    if get_device() != "cpu":
        launcher(backend, **options)
        return
    if launcher.__name__ == "_init_dist_slurm":
        os.environ.update(slurm_variables(options.get("port")))
    print_log("vididi_transforms starts the process group with gloo: this machine has no accelerator", "current",
              logging.INFO)
    torch.distributed.init_process_group("gloo", timeout=options.get("timeout"))


def slurm_variables(port: int | None = None) -> dict[str, str]:
    """Variables for ``torch.distributed``, from those that Slurm sets for a task.

    Args:
        port: port of rank 0. None: ``MASTER_PORT``, which mim sets, or else 29500.

    Raises:
        RuntimeError: If ``srun`` has not started this process.
    """
    task = os.environ
    if "SLURM_PROCID" not in task:
        raise RuntimeError("the launcher 'slurm' needs a process started by srun, as in `mim train --launcher slurm`: "
                           "SLURM_PROCID is not set")
    return {"RANK": task["SLURM_PROCID"], "WORLD_SIZE": task["SLURM_NTASKS"],
            "LOCAL_RANK": task.get("SLURM_LOCALID", "0"),
            "MASTER_ADDR": task.get("MASTER_ADDR") or first_host(task["SLURM_NODELIST"]),
            "MASTER_PORT": str(port or task.get("MASTER_PORT", 29500))}


def first_host(nodes: str) -> str:
    """First host name of a Slurm node list such as ``node[3-5,7]``."""
    return subprocess.run(["scontrol", "show", "hostnames", nodes], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()[0]
