"""What the benchmarks share: timing, and results with their provenance."""
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from numpy import percentile

from vididi_transforms.data.motion_videos import write_dataset
from vididi_transforms.evaluation.provenance import provenance

RESULTS = Path(__file__).parent / "results"
Timing = dict[str, float]  # milliseconds: median, q25, q75


def interleaved(functions: dict[str, Callable[[], Any]], rounds: int = 9, warm_up: int = 2) -> dict[str, Timing]:
    """Time functions in turn, A B C A B C ...

    A slow minute of the machine then affects all of them.
    """
    for function in functions.values():
        for _ in range(warm_up):
            function()
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            seconds[name].append(timed(function))
    return {name: {key: round(1e3 * float(percentile(values, q)), 3)
                   for key, q in (("median", 50), ("q25", 25), ("q75", 75))} for name, values in seconds.items()}


def timed(function: Callable[[], Any]) -> float:
    """Seconds of one call, including all work on the device."""
    synchronize()
    start = time.perf_counter()
    function()
    synchronize()
    return time.perf_counter() - start


def synchronize() -> None:
    """Wait until the GPU, if there is one, is done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def motion_videos(folder: Path) -> Path:
    """The annotation file of 128 motion videos, written unless it exists.

    The videos have 90 frames of 150 x 150 pixels.
    """
    if not (folder / "test.txt").exists():
        write_dataset(folder, train=128, test=1, size=150, frames=90)
    return folder / "train.txt"


def device() -> str:
    """Name of the GPU, or the number of CPU threads."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"


def write(name: str, result: dict[str, Any], table: str, results: Path = RESULTS) -> None:
    """Write ``NAME.json`` and ``NAME.md``, and print the table.

    On a GPU the names are ``NAME-cuda``.
    """
    name += "-cuda" if torch.cuda.is_available() else ""
    record = {**result, "device": device(), "run": provenance(f"python benchmarks/{name.removesuffix('-cuda')}.py")}
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
    (results / f"{name}.md").write_text(table)
    print(table)
