"""What the two lines and the joining of the batch cost by the number of processes, beside a training step.

    python benchmarks/processes.py [--batch 8] [--rounds 30]

Each process has the same batch and, on a CPU, one thread, whatever their number; they are joined by gloo (on GPUs by
NCCL, one process each). Where there are more processes than cores, they also wait for each other's turn. The times are
the first process's.
"""
import argparse
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from common import Timing, interleaved, rows, write
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.registry import init_default_scope
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from training_step import total

import vididi_transforms as vt
from vididi_transforms.mmaction2 import ViDiDiHook

CUDA = torch.cuda.is_available()
CONFIG = Path(__file__).parents[1] / "mmaction_configs/demo/vididi-vicreg_r3d-tiny_1xb32-8x3x2-24e_motion-rgb.py"
COUNTS = [count for count in (1, 2, 4) if not CUDA or count <= torch.cuda.device_count()]
PARTS = {"hook": "orders of a step", "checked": "the same with check_ranks", "join": "joining the batch",
         "step": "training step"}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8, help="videos of each process (%(default)s)")
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    results = {count: measure(count, args) for count in COUNTS}
    table = rows(("processes", *(f"{title}, ms (quartiles)" for title in PARTS.values()), "orders and joining",
                  "videos/s of all"), [line(count, args.batch, timings) for count, timings in results.items()])
    write("processes", {"batch of each process": args.batch, "embedding": 256, "processes": results}, table)


def line(count: int, batch: int, timings: dict[str, Timing]) -> tuple[Any, ...]:
    """A row of the table."""
    cells = (f"{t['median']:.3g} ({t['q25']:.3g} to {t['q75']:.3g})" for t in (timings[part] for part in PARTS))
    step = timings["step"]["median"]
    share = 100 * (timings["hook"]["median"] + timings["join"]["median"]) / step
    return count, *cells, f"{share:.2f} %", round(1e3 * count * batch / step, 1)


def measure(count: int, args: argparse.Namespace) -> dict[str, Timing]:
    """Timings of this number of processes."""
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(worker, args=(count, Path(folder), args), nprocs=count)
        return torch.load(f"{folder}/timings.pt", weights_only=True)


def worker(rank: int, count: int, folder: Path, args: argparse.Namespace) -> None:
    """One of the processes."""
    torch.set_num_threads(1)
    if CUDA:
        torch.cuda.set_device(rank)
    distributed.init_process_group("nccl" if CUDA else "gloo", init_method=f"file://{folder}/store", rank=rank,
                                   world_size=count)
    init_default_scope("mmaction")
    device = torch.device("cuda" if CUDA else "cpu")
    model = MODELS.build(Config.fromfile(CONFIG).model).to(device)
    timings = interleaved({"hook": orders(model, check=False), "checked": orders(model, check=True),
                           "join": joining(args.batch, device), "step": training(model, args.batch, device)},
                          args.rounds)
    if rank == 0:
        torch.save(timings, folder / "timings.pt")
    distributed.destroy_process_group()


def orders(model: nn.Module, check: bool) -> Any:
    """What the hook does before a step."""
    hook = ViDiDiHook(seed=0, check_ranks=check)
    runner = SimpleNamespace(model=model, iter=0, epoch=0, seed=0, train_loop=None, hooks=[],
                             message_hub=MessageHub.get_instance(f"benchmark-{check}"))
    hook.before_train(runner)

    def choose() -> None:
        hook.before_train_iter(runner, runner.iter)
        runner.iter += 1

    return choose


def joining(batch: int, device: torch.device) -> Any:
    """Embeddings of two views to those of the joined batch, and the gradients back."""
    views = [torch.randn(batch, 256, device=device, requires_grad=True) for _ in range(2)]
    return lambda: torch.stack([vt.gather_batch(z).sum() for z in views]).sum().backward()


def training(model: nn.Module, batch: int, device: torch.device) -> Any:
    """A step of VICReg from normalised clips, with both gradients' and embeddings' exchange."""
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
