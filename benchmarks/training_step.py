"""Time of each part of a pretraining step, and cost of the two lines.

Also measures clips per second from file to loss.

    python benchmarks/training_step.py [--batch 64] [--width 64]

The recipe is VICReg with R3D-18 on two clips of 8 x 112 x 112, from motion videos of 150 pixels. A narrower
encoder (``--width``) fits a small machine; the share of the two lines is then an upper bound.
"""
import argparse
import functools
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from batched_pass import mmaction2
from common import interleaved, motion_videos, timed, write
from mmaction.registry import DATASETS, MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import MessageHub
from mmengine.registry import init_default_scope
from torch import Tensor, nn

import vididi_transforms as vt
from vididi_transforms.evaluation.tables import markdown_table, percent
from vididi_transforms.mmaction2 import ViDiDiHook

CUDA = torch.cuda.is_available()
RECIPE = Path(__file__).parents[1] / "mmaction_configs/pretrain/vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/growth"), help="motion videos (%(default)s)")
    parser.add_argument("--batch", type=int, default=64 if CUDA else 16)
    parser.add_argument("--width", type=int, default=64 if CUDA else 16,
                        help="base channels of R3D-18; 64 in the recipe (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    init_default_scope("mmaction")
    cfg = Config.fromfile(RECIPE)
    cfg.model.backbone.base_channels, cfg.model.cls_head.in_channels = args.width, 8 * args.width
    cfg.model.data_preprocessor.backend = "triton" if CUDA else "compiled"
    model = MODELS.build(cfg.model).to("cuda" if CUDA else "cpu")
    parts = step_parts(cfg, model, args)
    lines = two_lines(model, args)
    whole, stock = sum(parts.values()), stock_pass(args)
    speeds = {"this package": round(2e3 * args.batch / whole, 1),
              "MMAction2's transforms and OpenCV's blur, without hue": round(
                  2e3 * args.batch / (whole - parts["pass"] + stock), 1)}
    table = markdown_table(("part of a step", "ms", "share"), [
        (name, round(ms, 1), percent(ms / whole)) for name, ms in parts.items()])
    table += "\n" + markdown_table(("from file to loss in one process, photometric part by", "clips/s"), speeds.items())
    table += "\n" + markdown_table(("the two lines", ""), lines.items())
    write("training_step", {"batch": args.batch, "base channels": args.width, "parts in ms": parts,
                            "clips per second": speeds, "two lines": lines}, table)


def pipeline(cfg: Config, args: argparse.Namespace) -> tuple[Any, list[Any]]:
    """Dataset without transforms, and the transforms."""
    dataset = cfg.train_dataloader.dataset.copy()
    dataset.update(ann_file=str(motion_videos(args.data)), data_prefix=dict(video=str(args.data)), pipeline=[])
    return DATASETS.build(dataset), [TRANSFORMS.build(t) for t in cfg.train_dataloader.dataset.pipeline]


def step_parts(cfg: Config, model: nn.Module, args: argparse.Namespace) -> dict[str, float]:
    """Milliseconds of each part of a step: medians over rounds, in one process."""
    dataset, (read, *rest) = pipeline(cfg, args)
    parts: dict[str, list[float]] = {}
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for round_ in range(args.rounds + 2):
        clock = Clock(parts if round_ > 1 else {})
        samples = clock("decode", lambda: [read(dataset[i % len(dataset)]) for i in range(args.batch)])
        samples = clock("crop and flip", lambda samples=samples: [functools.reduce(
            lambda results, transform: transform(results), rest, sample) for sample in samples])
        inputs = clock("collate", lambda samples=samples: torch.stack(pseudo_collate(samples)["inputs"]))
        inputs = clock("transfer", lambda inputs=inputs: inputs.to(next(model.parameters()).device))
        views = clock("pass", lambda inputs=inputs: model.data_preprocessor.views(inputs))
        loss = clock("forward", lambda views=views: total(model, views))
        clock("backward and optimiser", lambda loss=loss: (optimizer.zero_grad(), loss.backward(), optimizer.step()))
    return {name: round(1e3 * sorted(values)[len(values) // 2], 2) for name, values in parts.items()}


class Clock:
    """Calls functions and records how many seconds they take."""

    def __init__(self, parts: dict[str, list[float]]) -> None:
        self.parts = parts

    def __call__(self, name: str, function: Any) -> Any:
        """Return the result of ``function``."""
        result: list[Any] = []
        self.parts.setdefault(name, []).append(timed(lambda: result.append(function())))
        return result[0]


def total(model: nn.Module, views: list[Tensor]) -> Tensor:
    """Sum of the losses of two views."""
    losses = model(views, None, mode="loss")
    return torch.stack([value for name, value in losses.items() if "loss" in name]).sum()


def stock_pass(args: argparse.Namespace) -> float:
    """Milliseconds of the photometric part by MMAction2's transforms on the CPU."""
    clips = torch.randint(256, (2 * args.batch, 3, 8, 112, 112), dtype=torch.uint8)
    transform = mmaction2()
    return interleaved({"stock": lambda: transform(clips)}, rounds=5)["stock"]["median"]


def two_lines(model: nn.Module, args: argparse.Namespace) -> dict[str, str]:
    """Time of a step with and without derivatives, and of the hook itself.

    A step is from uint8 clips to the update.
    """
    shape, device = (args.batch, 2, 3, 8, 112, 112), next(model.parameters()).device
    clips = torch.randint(256, shape, dtype=torch.uint8, device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def step(orders: tuple[int, int]) -> None:
        model.data_preprocessor.orders = orders
        views = vt.match_length(*model.data_preprocessor.views(clips))
        optimizer.zero_grad()
        total(model, list(views)).backward()
        optimizer.step()

    def differentiate(orders: tuple[int, int]) -> None:
        model.data_preprocessor.orders = orders
        model.data_preprocessor.views(clips)

    names = {"plain": (0, 0), "(1, 1)": (1, 1), "(1, 0)": (1, 0), "(2, 2)": (2, 2)}
    parts = {f"{part}, {name}": functools.partial(function, orders) for part, function in (
        ("step", step), ("pass", differentiate)) for name, orders in names.items()}
    timings = interleaved(parts, args.rounds)
    result = {name: f"{t['median']:.1f} ms ({t['q25']:.1f} to {t['q75']:.1f})" for name, t in timings.items()}
    own = hook_seconds(model)
    share = 1e5 * own / timings["step, plain"]["median"]
    result["the hook itself, per step"] = f"{1e3 * own:.3f} ms, {share:.4f} %"
    return result


def hook_seconds(model: nn.Module, steps: int = 2000) -> float:
    """Seconds per step of choosing and logging the orders."""
    choose = hook_call(model)
    start = time.perf_counter()
    for _ in range(steps):
        choose()
    return (time.perf_counter() - start) / steps


def hook_call(model: nn.Module, check_ranks: bool = False) -> Callable[[], None]:
    """A function that does what ViDiDiHook does before a step.

    Each call is for the next step.
    """
    hook = ViDiDiHook(seed=0, check_ranks=check_ranks)
    runner = SimpleNamespace(model=model, iter=0, epoch=0, seed=0, train_loop=None, hooks=[],
                             message_hub=MessageHub.get_instance(f"benchmark-{check_ranks}"))
    hook.before_train(runner)

    def choose() -> None:
        hook.before_train_iter(runner, runner.iter)
        runner.iter += 1

    return choose


if __name__ == "__main__":
    main()
