"""The trainings and tests of the demo, each a process of MMAction2's own tools."""
import json
import os
import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import torch

from ...data.files import write_checkpoint
from ...evaluation.neighbours import TOPK

METHODS = ("vicreg", "vididi-vicreg")
CONFIG = "demo/{}_r3d-tiny_1xb32-8x3x2-24e_motion-rgb.py"
PROGRESS = re.compile(r"Epoch\(\w+\).*|saliency: .*?\]|attention on .*")
DETAILS = re.compile(r"\b(base_lr|lr|time|data_time|memory|loss_\w+|vididi_phase|retrieval/(gallery|queries)): \S+\s*")
Recalls = dict[str, float]  # such as {"top1": 0.6}


def config(method: str) -> Path:
    """The demo's config, from the installed package or a checkout."""
    package = Path(__file__).parents[2]
    installed = package / ".mim/configs"
    return (installed if installed.exists() else package.parent / "mmaction_configs") / CONFIG.format(method)


def measure(out: Path, options: list[str]) -> tuple[dict[str, Recalls], dict[str, float]]:
    """Train every method, and test it and the untrained encoder.

    Args:
        out: folder for the work dirs and logs.
        options: ``KEY=VALUE`` settings that override those of the configs.

    Returns:
        Recalls by encoder, and the seconds of each training by method.
    """
    results = {"untrained": evaluate("untrained", config(METHODS[0]), untrained_checkpoint(out), out, options)}
    seconds = {}
    for method in METHODS:
        start = time.time()
        run_mim(f"train {method}", out, "train", "mmaction2", config(method), "--work-dir", out / method,
                "--cfg-options", "val_dataloader=None", "val_cfg=None", "val_evaluator=None", *options)
        seconds[method] = round(time.time() - start, 1)
        checkpoint = Path((out / method / "last_checkpoint").read_text())
        results[method] = evaluate(method, config(method), checkpoint, out, options)
    return results, seconds


def untrained_checkpoint(out: Path, seed: int = 0) -> Path:
    """Write a checkpoint of the encoder with its initial weights."""
    from mmaction.registry import MODELS
    from mmengine.config import Config
    from mmengine.logging import MMLogger
    from mmengine.registry import init_default_scope

    init_default_scope("mmaction")
    MMLogger.get_current_instance().setLevel("WARNING")  # INFO prints a line for each weight
    torch.manual_seed(seed)
    model = MODELS.build(Config.fromfile(config(METHODS[0])).model)
    model.init_weights()
    path = out / f"untrained-seed{seed}.pth"
    write_checkpoint(path, dict(state_dict=model.state_dict(), meta={}))
    return path


def evaluate(name: str, config_file: Path, checkpoint: Path, out: Path, options: list[str]) -> Recalls:
    """Recalls of a checkpoint; its saliency goes to the same work dir, for the report."""
    recalls = retrieval(name, config_file, checkpoint, out, options)
    run_module(f"attention {name}", out, "vididi_transforms", "saliency", config_file, checkpoint, "--out", out / name,
               "--names", name, "--cfg-options", "model.backbone.out_indices=[1]",  # the last maps are too coarse
               *options)
    return recalls


def retrieval(name: str, config_file: Path, checkpoint: Path, out: Path, options: list[str]) -> Recalls:
    """Recalls of a checkpoint, by ``mim test``.

    Raises:
        RuntimeError: If the test wrote no result.
    """
    folder = out / name
    started = time.time()
    run_mim(f"test {name}", out, "test", "mmaction2", config_file, "--checkpoint", checkpoint, "--work-dir", folder,
            *(["--cfg-options", *options] if options else []))
    written = [path for path in folder.glob("*/*.json") if path.stat().st_mtime >= started - 1]
    if not written:
        raise RuntimeError(f"mim test wrote no result to {folder}")
    metrics = json.loads(written[-1].read_text())
    return {f"top{k}": round(metrics[f"retrieval/top{k}"], 4) for k in TOPK}


def run_mim(title: str, out: Path, *arguments: str | Path) -> None:
    """Run ``mim`` on the CPU in one process; see :func:`run_module`."""
    run_module(title, out, "mim", *arguments, "--launcher", "none", "--gpus", "0")


def run_module(title: str, out: Path, module: str, *arguments: str | Path) -> None:
    """Run ``python -m MODULE``; its whole output goes to a log file in ``out``.

    Raises:
        SystemExit: If it fails; the message is the end of the log.
    """
    log = out / f"{title.replace(' ', '-')}.log"
    command = [sys.executable, "-m", module, *map(str, arguments)]
    tail: deque[str] = deque(maxlen=30)
    print(f"{title} (log: {log})", flush=True)
    with log.open("w") as file, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                                 env=_environment()) as process:
        file.write(f"{' '.join(command)}\n")
        for line in process.stdout or ():
            file.write(line)
            tail.append(line)
            if progress := PROGRESS.search(line):
                print(f"  {DETAILS.sub('', progress[0]).strip()}", flush=True)
    if process.returncode:
        raise SystemExit("".join(tail) + f"\n{title} failed with exit code {process.returncode}; full log: {log}")


def _environment() -> dict[str, str]:
    # One core is left to the process that reads videos; more threads would only wait for it.
    threads = str(max(1, (os.cpu_count() or 1) - 1))
    return {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TQDM_MININTERVAL": "5"}
