"""Table 6 of the paper on motion videos: nine schedules, several seeds, trained and tested by the stock tool.

    python benchmarks/ablation.py            # goes on where it was stopped

The rows' hooks are those of mmaction_configs/ablation/, encoder and training those of the demo. With one seed all rows
start from the same weights and see the same clips. Writes benchmarks/results/ablation.{json,md,png}.
"""
import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev

from common import RESULTS, rows, write
from mmengine.config import Config
from scipy.stats import spearmanr
from tqdm import tqdm

from vididi_transforms import SCHEDULES
from vididi_transforms.data.motion_videos import MOTIONS, write_dataset
from vididi_transforms.mmaction2.demo import CONFIG

CONFIGS = Path(__file__).parents[1] / "mmaction_configs"
ROW = "ablation/ablation-{}-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"
PAPER = dict(zip(SCHEDULES, (31.1, 35.2, 36.2, 39.1, 37.1, 39.3, 40.7, 43.0, 47.6), strict=True))  # R@1, UCF101
Recalls = dict[str, list[float]]  # per row, one a seed, in per cent


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/ablation"), help="of the runs (%(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to")
    parser.add_argument("--data", type=Path, default=Path("data/motion-ablation"), help="motion videos (%(default)s)")
    parser.add_argument("--videos", type=int, nargs=2, default=(480, 480), help="for training and test")
    parser.add_argument("--epochs", type=int, default=24, help="a multiple of 12 shows every pair equally often")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time, one thread each")
    args = parser.parse_args()
    args.data /= "{}-{}".format(*args.videos)
    args.work_dir /= "{}e-{}-{}".format(args.epochs, *args.videos)
    if not (args.data / "test.txt").exists():
        write_dataset(args.data, *args.videos)
    runs = [(name, seed) for seed in args.seeds for name in SCHEDULES]
    with ThreadPoolExecutor(args.jobs) as pool, tqdm(total=len(runs), desc="runs", unit="run") as progress:
        done = [pool.submit(measure, args, name, seed) for name, seed in runs]
        for future in done:
            future.add_done_callback(lambda _: progress.update())
        recalls = {name: [f.result() for f, run in zip(done, runs, strict=True) if run[0] == name]
                   for name in SCHEDULES}
    report(recalls, args)


def measure(args: argparse.Namespace, name: str, seed: int) -> float:
    """R@1 in per cent of one row and seed, trained unless it has been."""
    folder = args.work_dir / f"{name}-seed{seed}"
    if (recall := read(folder)) is None:
        train(args, name, seed, folder)
        recall = read(folder)
    if recall is None:
        raise RuntimeError(f"mim train wrote no recall to {folder}")
    return recall


def read(folder: Path) -> float | None:
    """The recall that a finished run has logged."""
    found = [line["retrieval/top1"] for line in scalars(folder) if "retrieval/top1" in line]
    return round(100 * found[-1], 2) if found else None


def scalars(folder: Path) -> list[dict[str, float]]:
    """What a run has logged, and what it logged before it was stopped."""
    return [json.loads(line) for path in sorted(folder.glob("*/vis_data/scalars.json"))
            for line in path.read_text().splitlines()]


def seconds(folder: Path) -> float:
    """Training time of the runs in ``folder``, as if one after the other: the logged time of each epoch's steps."""
    epochs = {(run, line["epoch"]): line for run in folder.iterdir() for line in scalars(run) if "loss" in line}
    return round(sum(line["time"] * line["iter"] / line["epoch"] for line in epochs.values()), 1)


def train(args: argparse.Namespace, name: str, seed: int, folder: Path) -> None:
    """One run of the stock tool; it resumes from its last checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    config = Config.fromfile(CONFIGS / CONFIG.format("vididi-vicreg"))
    config.custom_hooks = Config.fromfile(CONFIGS / ROW.format(name)).custom_hooks
    # One process a run: the batched pass takes less time than the same transforms clip by clip.
    per_clip = config.train_dataloader.dataset.pipeline[1]
    per_clip.transforms = [t for t in per_clip.transforms if not t.type.startswith("Clip")]
    config.model.data_preprocessor.augment = {}
    config.dump(folder / "config.py")
    options = {f"{split}_dataloader.{key}": value for split in ("train", "val")
               for key, value in (("num_workers", 0), ("persistent_workers", False))}
    options |= {"train_dataloader.dataset.ann_file": args.data / "train.txt",
                "train_dataloader.dataset.data_prefix.video": args.data, "randomness.seed": seed,
                "train_cfg.max_epochs": args.epochs, "train_cfg.val_interval": args.epochs,
                "param_scheduler.0.T_max": args.epochs}
    for number, split in enumerate(("train", "test")):
        dataset = f"val_dataloader.dataset.datasets.{number}"
        options |= {f"{dataset}.ann_file": args.data / f"{split}.txt", f"{dataset}.data_prefix.video": args.data}
    command = [sys.executable, "-m", "mim", "train", "mmaction2", folder / "config.py", "--work-dir", folder,
               "--launcher", "none", "--gpus", "0", "--resume", "--cfg-options",
               *(f"{key}={value}" for key, value in options.items())]
    with (folder / "run.log").open("a") as log:
        subprocess.run(list(map(str, command)), stdout=log, stderr=log, check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})


def report(recalls: Recalls, args: argparse.Namespace) -> None:
    """Write JSON, table and picture; print the table and how alike the two orders of the rows are."""
    means = [mean(values) for values in recalls.values()]
    order = spearmanr(means, list(PAPER.values()))
    alike = f"Rank correlation with the paper's column: {order.statistic:.2f} (p = {order.pvalue:.3f}).\n"
    result = {"recall@1": recalls, "paper": PAPER, "spearman": round(float(order.statistic), 3),
              "p": round(float(order.pvalue), 3), "epochs": args.epochs, "videos": list(args.videos),
              "seeds": args.seeds, "seconds of training": seconds(args.work_dir)}
    draw(recalls, args.results / "ablation.png")
    write("ablation", result, f"{table(recalls)}\n{alike}", args.results)


def table(recalls: Recalls) -> str:
    """Markdown: mean and spread over the seeds beside the paper's column."""
    return rows(("schedule (Table 6)", "motion videos, R@1", "each seed", "paper, UCF101, R@1"), [
        (f"`{name}`", f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else ""),
         ", ".join(f"{value:.1f}" for value in values), PAPER[name]) for name, values in recalls.items()])


def draw(recalls: Recalls, path: Path) -> None:
    """Each row's recalls, their mean, and the paper's."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (ours, paper) = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    names = list(recalls)
    ours.barh(names, [mean(recalls[name]) for name in names], color="#9ecae1", label="mean")
    for name in names:
        ours.plot(recalls[name], [name] * len(recalls[name]), "o", color="#08519c", ms=4, label="one seed")
    ours.axvline(100 / len(MOTIONS), color="black", ls=":", lw=1, label="chance")
    ours.set(title="motion videos, small encoder, measured here", xlabel="R@1 in %")
    handles, labels = ours.get_legend_handles_labels()
    ours.legend(*zip(*{label: (handle, label) for handle, label in zip(handles, labels, strict=True)}.values(),
                     strict=True), loc="upper right", fontsize=8)
    paper.barh(names, [PAPER[name] for name in names], color="#d55e00")
    paper.set(title="UCF101, R3D-18, as the paper reports", xlabel="R@1 in %")
    ours.invert_yaxis()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
