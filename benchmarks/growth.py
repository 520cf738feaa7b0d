"""Time and memory of the batched pass by shape; reading speed by workers.

    python benchmarks/growth.py [--data FOLDER_OF_MOTION_VIDEOS]

Every measurement of the pass runs in its own process, so that the peak memory is its own.
"""
import argparse
import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from common import interleaved, motion_videos, write

import vididi_transforms as vt
from vididi_transforms.evaluation.tables import markdown_table

CONFIG = Path(__file__).parents[1] / "mmaction_configs/pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"
BACKEND = "triton" if torch.cuda.is_available() else "compiled"
BASE = (32, 8, 112)
SHAPES = ([(clips, 8, 112) for clips in (8, 32, 128, 512)] + [(32, frames, 112) for frames in (16, 32)]
          + [(32, 8, size) for size in (56, 224)])


def main() -> None:
    """Measure in subprocesses and report; with ``--one`` measure a single shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/growth"), help="motion videos (%(default)s)")
    parser.add_argument("--one", type=int, nargs=3, metavar=("CLIPS", "FRAMES", "SIZE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one)))
        return
    passes = [json.loads(subprocess.run([sys.executable, __file__, "--one", *map(str, shape)], check=True, text=True,
                                        stdout=subprocess.PIPE).stdout.splitlines()[-1]) for shape in SHAPES]
    together = {number: side_by_side(number) for number in (1, 2)}
    readers = {str(workers): reading(args.data, workers) for workers in (0, 1, 2)}
    table = markdown_table(("clips x frames x pixels", "ms", "clips/s", "peak memory / output"), [
        (f"{p['shape'][0]} x {p['shape'][1]} x {p['shape'][2]}", round(p["ms"], 1),
         round(1e3 * p["shape"][0] / p["ms"]), p["memory"]) for p in passes])
    table += "\n" + markdown_table(("processes with the pass, one thread each", "clips/s of all"), together.items())
    table += "\n" + markdown_table(("workers", "pairs of clips read and cropped per second"), readers.items())
    write("growth", {"backend": BACKEND, "passes": passes, "clips per second by processes": together,
                     "pairs of clips per second by workers": readers}, table)


def side_by_side(number: int) -> int:
    """Total clips per second of several processes at once.

    Each has the base shape and one thread.
    """
    command = [sys.executable, __file__, "--one", *map(str, BASE)]
    running = [subprocess.Popen(command, text=True, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})
               for _ in range(number)]
    results = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    return round(sum(1e3 * BASE[0] / result["ms"] for result in results))


def measure(clips: int, frames: int, size: int) -> dict[str, object]:
    """Median time and peak memory of the pass.

    The memory includes the output and is a multiple of it.
    """
    augment = vt.ClipAugment(size=None)
    batch = torch.randint(256, (clips, 3, frames, size, size), dtype=torch.uint8)
    batch = batch.cuda() if torch.cuda.is_available() else batch
    params = augment.draw(batch.shape, 0)
    work = functools.partial(augment, batch, params, orders=(1,), backend=BACKEND)
    output = sum(view.numel() * view.element_size() for view in work())
    timing = interleaved({"pass": work}, rounds=7)["pass"]
    return {"shape": [clips, frames, size], "ms": timing["median"], "memory": round(peak(work) / output, 2)}


def peak(function: Callable[[], object]) -> int:
    """Peak bytes allocated by PyTorch while the function runs."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        function()
        return torch.cuda.max_memory_allocated() - before
    with torch.profiler.profile(profile_memory=True) as profile:
        result = function()
    with tempfile.TemporaryDirectory() as folder:
        profile.export_chrome_trace(f"{folder}/trace.json")
        trace = json.loads(Path(folder, "trace.json").read_text())["traceEvents"]
    del result
    events = sorted((event for event in trace if event.get("name") == "[memory]"), key=lambda event: event["ts"])
    return max(itertools.accumulate(event["args"]["Bytes"] for event in events))


def reading(data: Path, workers: int) -> float:
    """Pairs of clips per second of the pretraining recipe's data pipeline.

    The start of its workers does not count.
    """
    from mmaction.registry import DATASETS
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmengine.runner import Runner

    init_default_scope("mmaction")
    loader = Config.fromfile(CONFIG).train_dataloader
    loader.update(batch_size=16, num_workers=workers, persistent_workers=workers > 0, pin_memory=False)
    loader.dataset.update(ann_file=str(motion_videos(data)), data_prefix=dict(video=str(data)))
    loader.dataset = DATASETS.build(loader.dataset)
    batches = Runner.build_dataloader(loader, seed=0)
    for _ in batches:
        pass
    start, pairs = time.perf_counter(), 0
    for batch in batches:
        pairs += len(batch["inputs"])
    return round(pairs / (time.perf_counter() - start), 1)


if __name__ == "__main__":
    main()
