"""Table 6 of the paper on motion videos: nine schedules with several seeds.

    python benchmarks/ablation.py            # continues an interrupted run
    python benchmarks/ablation.py --schedules base vididi

The hooks come from mmaction_configs/ablation/, encoder and training from the demo. With the same seed, all rows start
from the same weights and see the same clips. Writes benchmarks/results/ablation.{json,md,png}.
"""
import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from common import RESULTS, write
from mmengine.config import Config
from scipy.stats import spearmanr
from tqdm import tqdm

from vididi_transforms import SCHEDULES
from vididi_transforms.data.motion_videos import write_dataset
from vididi_transforms.data.motions import MOTIONS
from vididi_transforms.evaluation.colours import VERMILION
from vididi_transforms.evaluation.tables import markdown_table
from vididi_transforms.mmaction2.demo import CONFIG

CONFIGS = Path(__file__).parents[1] / "mmaction_configs"
ROW = "ablation/ablation-{}-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"
PAPER = dict(zip(SCHEDULES, (31.1, 35.2, 36.2, 39.1, 37.1, 39.3, 40.7, 43.0, 47.6), strict=True))  # R@1, UCF101
Recalls = dict[str, list[float]]  # schedule to recall at 1 in per cent, one per seed


def options(description: str | None = __doc__, name: str = "ablation", seeds: Sequence[int] = (0, 1, 2)
            ) -> argparse.ArgumentParser:
    """Command line of a benchmark that trains encoders."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs", name),
                        help="folder of the runs (%(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to")
    parser.add_argument("--data", type=Path, default=Path("data/motion-ablation"), help="motion videos (%(default)s)")
    parser.add_argument("--videos", type=int, nargs=2, default=(480, 480), metavar=("TRAIN", "TEST"),
                        help="number of videos (%(default)s)")
    parser.add_argument("--epochs", type=int, default=72,
                        help="a multiple of 12 uses every pair of a cycle equally often (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        help="number of runs at a time, each with one thread (%(default)s)")
    return parser


def arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The parsed command line; folders are named after the number of videos and epochs."""
    args = parser.parse_args()
    args.data /= "{}-{}".format(*args.videos)
    args.work_dir /= "{}e-{}-{}".format(args.epochs, *args.videos)
    return args


def main() -> None:
    """Train, measure and report."""
    parser = options()
    parser.add_argument("--schedules", nargs="+", choices=SCHEDULES, default=list(SCHEDULES), metavar="NAME",
                        help=f"rows of Table 6, of {', '.join(SCHEDULES)} (all)")
    args = arguments(parser)
    if not (args.data / "test.txt").exists():
        write_dataset(args.data, *args.videos)
    runs = [(name, seed) for seed in args.seeds for name in args.schedules]
    with ThreadPoolExecutor(args.jobs) as pool, tqdm(total=len(runs), desc="runs", unit="run") as progress:
        done = [pool.submit(measure, args, name, seed) for name, seed in runs]
        for future in done:
            future.add_done_callback(lambda _: progress.update())
        recalls = {name: [f.result() for f, run in zip(done, runs, strict=True) if run[0] == name]
                   for name in args.schedules}
    report(recalls, args)


def measure(args: argparse.Namespace, name: str, seed: int) -> float:
    """R@1 in per cent for one schedule and seed.

    Trains first, unless that run is complete.
    """
    folder = args.work_dir / f"{name}-seed{seed}"
    if (recall := read(folder)) is None:
        train(args, name, seed, folder)
        recall = read(folder)
    if recall is None:
        raise RuntimeError(f"mim train wrote no recall to {folder}")
    return recall


def read(folder: Path) -> float | None:
    """R@1 in per cent that a finished run has logged."""
    found = [line["retrieval/top1"] for line in scalars(folder) if "retrieval/top1" in line]
    return round(100 * found[-1], 2) if found else None


def scalars(folder: Path) -> list[dict[str, float]]:
    """Everything that a run has logged, before and after interruptions."""
    return [json.loads(line) for path in sorted(folder.glob("*/vis_data/scalars.json"))
            for line in path.read_text().splitlines()]


def seconds(folder: Path) -> float:
    """Total training time of the runs in ``folder``, from the logged time per step."""
    epochs = {(run, line["epoch"]): line for run in folder.iterdir() for line in scalars(run) if "loss" in line}
    return round(sum(line["time"] * line["iter"] / line["epoch"] for line in epochs.values()), 1)


def train(args: argparse.Namespace, name: str, seed: int, folder: Path, more: dict[str, Any] | None = None) -> None:
    """Train with ``mim train``; resumes from the last checkpoint. ``more`` are further settings."""
    folder.mkdir(parents=True, exist_ok=True)
    write_config(name, folder / "config.py")
    command = [sys.executable, "-m", "mim", "train", "mmaction2", folder / "config.py", "--work-dir", folder,
               "--launcher", "none", "--gpus", "0", "--resume", "--cfg-options",
               *(f"{key}={value}" for key, value in (overrides(args, seed) | (more or {})).items())]
    with (folder / "run.log").open("a") as log:
        subprocess.run(list(map(str, command)), stdout=log, stderr=log, check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})


def write_config(name: str, path: Path) -> None:
    """The demo's config with the hooks of a row of Table 6."""
    config = Config.fromfile(CONFIGS / CONFIG.format("vididi-vicreg"))
    config.custom_hooks = Config.fromfile(CONFIGS / ROW.format(name)).custom_hooks
    config.dump(path)


def overrides(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Settings of videos, seed and epochs that override the config."""
    options = {"train_dataloader.dataset.ann_file": args.data / "train.txt",
               "train_dataloader.dataset.data_prefix.video": args.data, "randomness.seed": seed,
               "train_cfg.max_epochs": args.epochs, "train_cfg.val_interval": args.epochs,
               "param_scheduler.0.T_max": args.epochs}
    for number, split in enumerate(("train", "test")):
        dataset = f"val_dataloader.dataset.datasets.{number}"
        options |= {f"{dataset}.ann_file": args.data / f"{split}.txt", f"{dataset}.data_prefix.video": args.data}
    return options


def report(recalls: Recalls, args: argparse.Namespace) -> None:
    """Write JSON, table and figure.

    Prints the table and its rank correlation with the paper.
    """
    means = [mean(values) for values in recalls.values()]
    paper = {name: PAPER[name] for name in recalls}
    correlation = spearmanr(means, list(paper.values()))
    rank, p = float(correlation.statistic), float(correlation.pvalue)
    result = {"recall@1": recalls, "paper": paper, "spearman": round(rank, 3), "p": round(p, 3), "epochs": args.epochs,
              "videos": list(args.videos), "seeds": args.seeds, "seconds of training": seconds(args.work_dir)}
    text = f"{table(recalls)}\nRank correlation with the paper's column: {rank:.2f} (p = {p:.3f}).\n"
    draw(recalls, args.results / "ablation.png")
    write("ablation", result, text, args.results)


def table(recalls: Recalls) -> str:
    """Mean and standard deviation over the seeds next to the paper's column."""
    return markdown_table(("schedule (Table 6)", "motion videos, R@1", "each seed", "paper, UCF101, R@1"), [
        (f"`{name}`", f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else ""),
         ", ".join(f"{value:.1f}" for value in values), PAPER[name]) for name, values in recalls.items()])


def draw(recalls: Recalls, path: Path) -> None:
    """The recalls of each schedule and their mean, next to the paper's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    ours, paper = figure.subplots(1, 2, sharey=True)
    names = list(recalls)
    ours.barh(names, [mean(recalls[name]) for name in names], color="#9ecae1", label="mean")
    for name in names:
        ours.plot(recalls[name], [name] * len(recalls[name]), "o", color="#08519c", ms=4, label="one seed")
    ours.axvline(100 / len(MOTIONS), color="black", ls=":", lw=1, label="chance")
    ours.set(title="motion videos, small encoder, measured here", xlabel="R@1 in %")
    handles, labels = ours.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    ours.legend(once.values(), once, loc="upper right", fontsize=8)
    paper.barh(names, [PAPER[name] for name in names], color=VERMILION)
    paper.set(title="UCF101, R3D-18, as the paper reports", xlabel="R@1 in %")
    ours.invert_yaxis()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
