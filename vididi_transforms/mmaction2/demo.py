"""``vididi demo``: the main experiment in minutes, through the stock tools.

Trains VICReg and ViDiDi-VICReg with the same small encoder on the same motion videos, measures of both and of the
untrained encoder video retrieval and attention on motion, and writes ``results.json``, ``demo.png``, ``retrieval.html``
(clips of test videos and what each encoder finds) and ``report.html``.
"""
import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections import deque
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ..analysis.derivative_strip import derivative_strip
from ..analysis.html import percent
from ..analysis.report import write_report
from ..analysis.retrieval_page import write_retrieval_page
from ..data.motion_videos import MOTIONS, render, write_dataset
from ..evaluation.features import read_runs
from ..evaluation.neighbours import chance_recall

DATA = Path("data/motion")  # where the demo's configs look
TRAIN, TEST = 480, 160
QUERIES = 40  # of which clips are shown
METHODS = ("vicreg", "vididi-vicreg")
CONFIG = "demo/{}_r3d-tiny_1xb32-8x3x2-24e_motion-rgb.py"
TOPK = (1, 5, 10)
DETAILS = re.compile(r"\b(base_lr|lr|time|data_time|memory|loss_\w+|vididi_phase|retrieval/(gallery|queries)): \S+\s*")
Results = dict[str, dict[str, float]]


def config(method: str) -> Path:
    """The demo's config, from the installed package or a checkout."""
    package = Path(__file__).parents[1]
    installed = package / ".mim/configs"
    return (installed if installed.exists() else package.parent / "mmaction_configs") / CONFIG.format(method)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi demo``."""
    parser.add_argument("--out", type=Path, default=Path("work_dirs/demo"), help="folder of results (%(default)s)")
    parser.add_argument("--cfg-options", nargs="+", default=[], metavar="KEY=VALUE", help="override config settings")


def run(args: argparse.Namespace) -> None:
    """Train, measure, write and print the results.

    Raises:
        ValueError: ``data/motion`` holds another dataset.
    """
    args.out.mkdir(parents=True, exist_ok=True)
    print("Two trainings and three tests; about ten minutes on two cores.", flush=True)
    if not (DATA / "test.txt").exists():
        write_dataset(DATA, TRAIN, TEST)
    for name, videos in (("train", TRAIN), ("test", TEST)):
        found = len((DATA / f"{name}.txt").read_text().splitlines())
        if found != videos:
            raise ValueError(f"{DATA / name}.txt must list the demo's {videos} videos: it lists {found}; remove {DATA}")
    results, seconds = measure(args.out, args.cfg_options)
    report = {**results, "seconds": seconds, "run": provenance("vididi demo")}
    (args.out / "results.json").write_text(json.dumps(report, indent=2) + "\n")
    draw(results, args.out / "demo.png")
    print(table(results, seconds) + "\n")
    runs = [args.out / name for name in ("untrained", *METHODS)]
    write_retrieval_page(read_runs(runs), args.out / "retrieval.html", queries=QUERIES)
    print(write_report(runs, args.out / "report.html", "Motion videos: VICReg and ViDiDi-VICReg"))
    firsts = {name: percent(recalls["top1"]) for name, recalls in results.items()}
    print(f"Of the test videos, {firsts['vididi-vicreg']} find their own motion first after training with ViDiDi, "
          f"{firsts['vicreg']} without; by chance it is {firsts['chance']}.\nTo look at: {args.out / 'retrieval.html'} "
          f"(clips), {args.out / 'report.html'}, {args.out / 'demo.png'}; numbers: {args.out / 'results.json'}")


def measure(out: Path, options: list[str]) -> tuple[Results, dict[str, float]]:
    """Train and test every method. Returns recalls and the seconds that training took."""
    results: Results = {"chance": chance()}
    results["untrained"] = judge("untrained", config(METHODS[0]), untrained(out), out, options)
    seconds = {}
    for method in METHODS:
        start = time.time()
        mim(f"train {method}", out, "train", "mmaction2", config(method), "--work-dir", out / method,
            "--cfg-options", "val_dataloader=None", "val_cfg=None", "val_evaluator=None", *options)
        seconds[method] = round(time.time() - start, 1)
        checkpoint = Path((out / method / "last_checkpoint").read_text())
        results[method] = judge(method, config(method), checkpoint, out, options)
    return results, seconds


def untrained(out: Path, seed: int = 0) -> Path:
    """A checkpoint of the encoder as it is initialised."""
    from mmaction.registry import MODELS
    from mmengine.config import Config
    from mmengine.logging import MMLogger
    from mmengine.registry import init_default_scope

    init_default_scope("mmaction")
    MMLogger.get_current_instance().setLevel("WARNING")  # else a line for each weight
    torch.manual_seed(seed)
    model = MODELS.build(Config.fromfile(config(METHODS[0])).model)
    model.init_weights()
    path = out / f"untrained-seed{seed}.pth"
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return path


def judge(name: str, config: Path, checkpoint: Path, out: Path, options: list[str]) -> dict[str, float]:
    """Recalls of a checkpoint; where its second stage looks is left in the same work dir for the report."""
    recalls = retrieval(name, config, checkpoint, out, options)
    run_module(f"attention {name}", out, "vididi_transforms", "saliency", config, checkpoint, "--out", out / name,
        "--names", name, "--cfg-options", "model.backbone.out_indices=[1]", *options)  # the last maps are too coarse
    return recalls


def retrieval(name: str, config: Path, checkpoint: Path, out: Path, options: list[str]) -> dict[str, float]:
    """Recalls of a checkpoint, by the stock test tool."""
    folder = out / name
    started = time.time()
    mim(f"test {name}", out, "test", "mmaction2", config, "--checkpoint", checkpoint, "--work-dir", folder,
        *(["--cfg-options", *options] if options else []))
    written = [path for path in folder.glob("*/*.json") if path.stat().st_mtime >= started - 1]
    if not written:
        raise RuntimeError(f"mim test wrote no result to {folder}")
    metrics = json.loads(written[-1].read_text())
    return {f"top{k}": round(metrics[f"retrieval/top{k}"], 4) for k in TOPK}


def mim(title: str, out: Path, *arguments: str | Path) -> None:
    """Run a stock tool by mim, in one process."""
    run_module(title, out, "mim", *arguments, "--launcher", "none", "--gpus", "0")


def run_module(title: str, out: Path, module: str, *arguments: str | Path) -> None:
    """Run a module; its progress goes to the screen, everything to a log file.

    Raises:
        SystemExit: it failed; the end of the log is shown.
    """
    log = out / f"{title.replace(' ', '-')}.log"
    # One core stays with the process that reads videos; threads that wait for it would slow both down.
    threads = str(max(1, (os.cpu_count() or 1) - 1))
    env = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TQDM_MININTERVAL": "5"}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    tail: deque[str] = deque(maxlen=30)
    print(f"{title} (all of it: {log})", flush=True)
    with log.open("w") as file, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                                 env=env) as process:
        file.write(f"{' '.join(command)}\n")
        for line in process.stdout or ():
            file.write(line)
            tail.append(line)
            if progress := re.search(r"Epoch\(\w+\).*|saliency: .*?\]|attention on .*", line):
                print(f"  {DETAILS.sub('', progress[0]).strip()}", flush=True)
    if process.returncode:
        raise SystemExit("".join(tail) + f"\n{title} failed with exit code {process.returncode}; all of it: {log}")


def chance() -> dict[str, float]:
    """Recall of k gallery videos drawn at random."""
    return {f"top{k}": round(chance_recall(TRAIN // len(MOTIONS), TRAIN, k), 4) for k in TOPK}


def table(results: Results, seconds: dict[str, float]) -> str:
    """The results as Markdown, recalls in per cent."""
    lines = ["", "| retrieval of motion videos | " + " | ".join(f"R@{k}" for k in TOPK) + " | training |",
             "|---|" + "---|" * (len(TOPK) + 1)]
    for name, recalls in results.items():
        cells = " | ".join(percent(recalls[f"top{k}"]) for k in TOPK)
        lines.append(f"| {name} | {cells} | {f'{seconds[name]:.0f} s' if name in seconds else ''} |")
    return "\n".join(lines)


def provenance(program: str) -> dict[str, Any]:
    """What a number needs to be believed: when, on what, with which command and versions."""
    packages = ("vididi-transforms", "torch", "torchvision", "mmaction2", "mmengine", "numpy")
    return {"date": date.today().isoformat(), "command": " ".join([program, *sys.argv[1:]]),
            "python": platform.python_version(),
            "machine": f"{os.cpu_count()} x {platform.machine()}", "versions": {p: version(p) for p in packages}}


def draw(results: Results, path: Path) -> None:
    """A video with its derivatives, and the recalls."""
    import matplotlib
    import numpy as np

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    video, _ = render("tumble", np.random.default_rng(5), frames=22, size=64)
    strip = derivative_strip(video[::3].transpose(0, 1))
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 7.5), height_ratios=[3, 2.4], layout="constrained")
    top.imshow(strip.numpy())
    top.set_yticks([32, 96, 160], ["frames", "1st derivative", "2nd derivative"])
    top.set_xticks([])
    top.set_title("One clip (class: tumble) and its temporal derivatives: the background is gone")
    for number, (name, recalls) in enumerate(results.items()):
        bars = bottom.bar(np.arange(len(TOPK)) + 0.2 * number, [100 * recalls[f"top{k}"] for k in TOPK], 0.18,
                          label=name, color=("#bbbbbb", "#888888", "#0072b2", "#d55e00")[number])
        bottom.bar_label(bars, fmt="%.1f", fontsize=8)
    bottom.set(xticks=np.arange(len(TOPK)) + 0.3, xticklabels=[f"R@{k}" for k in TOPK], ylabel="recall in %",
               ylim=(0, 108), title=f"{TEST} test videos look for their motion among {TRAIN} training videos")
    bottom.legend(ncols=4, loc="upper left")
    figure.savefig(path, dpi=110)
    plt.close(figure)
