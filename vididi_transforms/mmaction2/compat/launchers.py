"""mmengine's launchers on a machine without an accelerator.

They select a CUDA device for each process, which a CPU node does not have. There gloo joins the processes instead;
where there is an accelerator, nothing changes.
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
    """Let ``--launcher pytorch`` and ``--launcher slurm`` run without an accelerator, too."""
    for name in ("_init_dist_pytorch", "_init_dist_slurm"):
        setattr(utils, name, partial(launch, getattr(utils, name)))


def launch(launcher: Callable[..., None], backend: str, **options: Any) -> None:
    """Join this process with the others: by gloo without an accelerator, by mmengine's launcher with one.

    Args:
        launcher: mmengine's, for torchrun or for Slurm.
        backend, options: of mmengine's ``init_dist``.

    Raises:
        RuntimeError: Slurm's launcher is asked for, and Slurm has not started this process.
    """
    if get_device() != "cpu":
        launcher(backend, **options)
        return
    if launcher.__name__ == "_init_dist_slurm":
        os.environ.update(slurm_variables(options.get("port")))
    print_log("vididi_transforms starts the process group (gloo): no accelerator here", "current", logging.INFO)
    torch.distributed.init_process_group("gloo", timeout=options.get("timeout"))


def slurm_variables(port: int | None = None) -> dict[str, str]:
    """What ``torch.distributed`` wants to know, from what Slurm tells each of its tasks.

    Args:
        port: of the first process; None takes ``MASTER_PORT``, which mim sets, or 29500.

    Raises:
        RuntimeError: this process is no task of Slurm's.
    """
    task = os.environ
    if "SLURM_PROCID" not in task:
        raise RuntimeError("the launcher 'slurm' is for processes that srun starts (mim train --launcher slurm): "
                           "SLURM_PROCID is not set")
    return {"RANK": task["SLURM_PROCID"], "WORLD_SIZE": task["SLURM_NTASKS"],
            "LOCAL_RANK": task.get("SLURM_LOCALID", "0"),
            "MASTER_ADDR": task.get("MASTER_ADDR") or first_host(task["SLURM_NODELIST"]),
            "MASTER_PORT": str(port or task.get("MASTER_PORT", 29500))}


def first_host(nodes: str) -> str:
    """Name of the first node of Slurm's short form, such as ``node[3-5,7]``."""
    return subprocess.run(["scontrol", "show", "hostnames", nodes], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()[0]
