"""Retrieval with BatchNorm statistics of frames, and of frames and derivatives.

    python benchmarks/bn_statistics.py            # continues an interrupted run

The runs are those of the schedule ``vididi`` in benchmarks/ablation.py, without BNStatisticsHook. Each encoder is
tested as trained, and after ``vididi bn-statistics``. Writes benchmarks/results/bn_statistics.{json,md}.
"""
import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

from ablation import arguments, options, overrides, read, train
from common import write

from vididi_transforms.data.motion_videos import write_dataset
from vididi_transforms.evaluation.tables import markdown_table
from vididi_transforms.mmaction2.demo import Processes, retrieval

OPTIONS = {"all": "frames and derivatives", "frames": "frames"}


def main() -> None:
    """Train, measure and report."""
    args = arguments(options(__doc__, "bn_statistics", seeds=[0, 1, 2]))
    if not (args.data / "test.txt").exists():
        write_dataset(args.data, *args.videos)
    runs = [(option, seed) for seed in args.seeds for option in OPTIONS]
    with ThreadPoolExecutor(args.jobs) as pool:
        done = dict(zip(runs, pool.map(lambda run: measure(args, *run), runs), strict=True))
    recalls = {option: {name: [done[option, seed][name] for seed in args.seeds] for name in ("as trained", "exact")}
               for option in OPTIONS}
    write("bn_statistics", {"recall@1": recalls, "schedule": "vididi", "epochs": args.epochs,
                            "videos": list(args.videos), "seeds": args.seeds}, table(recalls), args.results)


def measure(args: argparse.Namespace, option: str, seed: int) -> dict[str, float]:
    """R@1 in per cent as trained and with the exact statistics of frames."""
    folder = args.work_dir / f"{option}-seed{seed}"
    more = {"model.bn_statistics": option, "default_hooks.bn_statistics.at_end": False}
    if read(folder) is None:
        train(args, "vididi", seed, folder, more)
    return {"as trained": read(folder), "exact": exact(args, seed, folder)}


def exact(args: argparse.Namespace, seed: int, folder: Path) -> float:
    """R@1 in per cent with the exact statistics of frames."""
    result = folder / "exact.json"
    if not result.exists():
        settings = [f"{key.replace('val_dataloader', 'test_dataloader')}={value}"
                    for key, value in overrides(args, seed).items()]
        processes = Processes(folder)
        processes.module("bn-statistics", "vididi_transforms", "bn-statistics", folder / "config.py",
                         (folder / "last_checkpoint").read_text(), "--out", folder / "frames.pth", "--cfg-options",
                         *settings)
        recalls = retrieval(processes, "exact", folder / "config.py", folder / "frames.pth", folder / "exact", settings)
        result.write_text(json.dumps(recalls))
    return round(100 * float(json.loads(result.read_text())["top1"]), 2)


def table(recalls: dict[str, dict[str, list[float]]]) -> str:
    """R@1 of both options, as trained and exact: the mean, and each seed."""
    return markdown_table(("running statistics follow", "as trained, R@1", "set to those of frames, R@1"), [
        (f"{text} (`'{option}'`)", *(f"{mean(values):.1f} ({', '.join(f'{value:.1f}' for value in values)})"
                                     for values in recalls[option].values())) for option, text in OPTIONS.items()])


if __name__ == "__main__":
    main()
