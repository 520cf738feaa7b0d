"""Cost of the two lines and of gathering, by the number of processes.

    python benchmarks/processes.py [--batch 8] [--rounds 30]

Every process has the same batch size and, on a CPU, one thread. Processes communicate by gloo; on GPUs by NCCL, one
process per GPU. With more processes than cores, they also wait for a free core. Times are those of rank 0.
"""
import argparse
import tempfile
from pathlib import Path
from typing import Any

import torch
from common import Timing, interleaved, write
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from training_step import hook_call, total

import vididi_transforms as vt
from vididi_transforms.evaluation.tables import markdown_table

CUDA = torch.cuda.is_available()
CONFIG = Path(__file__).parents[1] / "mmaction_configs/demo/vididi-vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py"
COUNTS = [count for count in (1, 2, 4) if not CUDA or count <= torch.cuda.device_count()]
PARTS = {"hook": "orders of a step", "checked": "the same with check_ranks", "gather": "gathering the global batch",
         "step": "training step"}


def main() -> None:
    """Measure with each number of processes and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8, help="videos per process (%(default)s)")
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    results = {count: measure(count, args) for count in COUNTS}
    header = ("processes", *(f"{title}, ms (quartiles)" for title in PARTS.values()), "orders and gathering",
              "videos/s of all")
    table = markdown_table(header, [row(count, args.batch, timings) for count, timings in results.items()])
    write("processes", {"batch of each process": args.batch, "embedding": 256, "processes": results}, table)


def row(count: int, batch: int, timings: dict[str, Timing]) -> tuple[Any, ...]:
    """Row of the table."""
    cells = (f"{t['median']:.3g} ({t['q25']:.3g} to {t['q75']:.3g})" for t in (timings[part] for part in PARTS))
    step = timings["step"]["median"]
    share = 100 * (timings["hook"]["median"] + timings["gather"]["median"]) / step
    return count, *cells, f"{share:.2f} %", round(1e3 * count * batch / step, 1)


def measure(count: int, args: argparse.Namespace) -> dict[str, Timing]:
    """Timings with this number of processes."""
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(worker, args=(count, Path(folder), args), nprocs=count)
        return torch.load(f"{folder}/timings.pt", weights_only=True)


def worker(rank: int, count: int, folder: Path, args: argparse.Namespace) -> None:
    """Time all parts in one of the processes; rank 0 saves them."""
    torch.set_num_threads(1)
    if CUDA:
        torch.cuda.set_device(rank)
    distributed.init_process_group("nccl" if CUDA else "gloo", init_method=f"file://{folder}/store", rank=rank,
                                   world_size=count)
    init_default_scope("mmaction")
    device = torch.device("cuda" if CUDA else "cpu")
    model = MODELS.build(Config.fromfile(CONFIG).model).to(device)
    timings = interleaved({"hook": hook_call(model), "checked": hook_call(model, check_ranks=True),
                           "gather": gathering(args.batch, device), "step": training(model, args.batch, device)},
                          args.rounds)
    if rank == 0:
        torch.save(timings, folder / "timings.pt")
    distributed.destroy_process_group()


def gathering(batch: int, device: torch.device) -> Any:
    """Gathers two views' embeddings of the global batch, and their gradients."""
    views = [torch.randn(batch, 256, device=device, requires_grad=True) for _ in range(2)]
    return lambda: torch.stack([vt.gather_batch(z).sum() for z in views]).sum().backward()


def training(model: nn.Module, batch: int, device: torch.device) -> Any:
    """A step of VICReg from normalised clips.

    It exchanges embeddings and gradients.
    """
    parallel = DistributedDataParallel(model, broadcast_buffers=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    views: list[Tensor] = [torch.randn(batch, 3, 8, 32, 32, device=device) for _ in range(2)]

    def step() -> None:
        optimizer.zero_grad()
        total(parallel, views).backward()
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
