"""Two ranks of a distributed run: processes of this machine, with gloo.

They are forked from a process that has imported OpenMMLab, where it is installed.
"""
import time

import torch
import torch.multiprocessing as mp

PRELOADED = ["torch", "vididi_transforms.mmaction2", "mmaction.models", "mmaction.datasets", "mmengine.runner"]


def run_two_ranks(function, folder, seconds=600):
    """Call ``function(rank, folder)`` in both.

    An error in one of them, or a hang, is an error here.
    """
    mp.get_context("forkserver").set_forkserver_preload(PRELOADED)
    context = mp.start_processes(_rank, args=(function, folder), nprocs=2, join=False, start_method="forkserver")
    end = time.monotonic() + seconds
    while not context.join(timeout=1):
        if time.monotonic() > end:
            for process in context.processes:
                process.kill()
            raise TimeoutError(f"two ranks of {function.__name__} are not done after {seconds} seconds")


def _rank(rank, function, folder):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    function(rank, folder)
    torch.distributed.destroy_process_group()
