"""Which frames readers return, and how fast: the choice of the default reader.

    python benchmarks/reading.py [FILES OR FOLDERS...]    # with videos of your own, named by their file names

Reads encodings of one generated video, the bad and odd videos of ``tests/helpers/bad_videos.py``, and those given. Each
reader opens a file and reads a clip pair (twice 8 frames, every third) at random places, the same for all. Its frames
are compared with those that PyAV returns when it decodes the whole file from the start. Readers take turns, and have a
process of their own for each file. Times are processor time, in all threads of the process. torchcodec takes part if it
is installed (``pip install torchcodec``, and FFmpeg's libraries).
"""
import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import write
from reading_files import write_corpus, write_encodings
from reading_readers import Read, readers, releases

from vididi_transforms.data.video_io import UnreadableError, open_stream, to_rgb
from vididi_transforms.data.worker_processes import WorkerProcess
from vididi_transforms.evaluation.tables import markdown_table

CLIP, STEP = 8, 3
ROUNDING = 4  # of 255: conversion to RGB by other versions of FFmpeg, and from 10 bits
FRAMES = 300  # of each encoding
Record = dict[str, Any]
Worker = WorkerProcess[int, Record]


def main() -> None:
    """Read all files with all readers and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="videos, or folders of videos")
    parser.add_argument("--rounds", type=int, default=10, help="clip pairs per file (%(default)s)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds for a clip pair (%(default)s)")
    args = parser.parse_args()
    given = [file for path in args.paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    sys.argv[1:] = [word.rstrip("/").split("/")[-1] for word in sys.argv[1:]]  # for the provenance
    with tempfile.TemporaryDirectory() as folder:
        groups = {"encodings": write_encodings(Path(folder), FRAMES), **write_corpus(Path(folder, "corpus")),
                  "given": {file.name: file for file in given if file.suffix != ".md"}}
        found = {group: {name: compare(path, Path(folder, "all.npy"), args) for name, path in files.items()}
                 for group, files in groups.items()}
    write("reading", {"rounds": args.rounds, "load": os.getloadavg(), "releases": releases(), "files": found},
          table(found))


def compare(path: Path, target: Path, args: argparse.Namespace) -> dict[str, Record]:
    """What each reader does with a file."""
    WorkerProcess(partial(decode_all, path), args.timeout)(target)
    reference = np.load(target, mmap_mode="r", allow_pickle=False)
    workers: dict[str, Worker] = {name: WorkerProcess(partial(attempt, read, path, reference), args.timeout)
                                  for name, read in readers().items()}
    rounds: dict[str, list[Record]] = {name: [] for name in workers}
    for seed in range(args.rounds + 1):
        for name, worker in workers.items():
            if not {"hangs", "crash"} & {each.get("error") for each in rounds[name]}:
                rounds[name].append(outcome(worker, seed))
    return {name: summary(each) for name, each in rounds.items()}


def decode_all(path: Path, target: Path) -> None:
    """Save all frames of a file, ``[T, H, W, 3]``, or those before a fault."""
    import av
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()

    silence()
    images: list[np.ndarray] = []
    try:
        container, stream = open_stream(path)
        for image in map(partial(to_rgb, reformatter=reformatter), container.decode(stream)):
            if images and image.shape != images[0].shape:
                break
            images.append(image)
    except (UnreadableError, av.error.FFmpegError, OSError):
        pass
    np.save(target, np.array(images or np.empty((0, 0, 0, 3)), np.uint8))


def silence() -> None:
    """Hide what decoders print in this process."""
    for number in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def outcome(worker: Worker, seed: int) -> Record:
    """Result of one round."""
    try:
        return worker(seed)
    except TimeoutError:
        return {"error": "hangs"}
    except RuntimeError as error:
        return {"error": "crash" if "died" in str(error) else str(error).split(":")[0]}


def attempt(read: Read, path: Path, reference: np.ndarray, seed: int) -> Record:
    """Read one clip pair, in the reader's process."""
    silence()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of memory
    before, wall, processor = memory("VmRSS"), time.perf_counter(), time.process_time()
    indices, images = read(path, partial(clip_pair, seed))
    used = {"processor": 1e3 * (time.process_time() - processor), "wall": 1e3 * (time.perf_counter() - wall)}
    used["memory"] = memory("VmHWM") - before
    apart = [difference(image, reference[index:index + 1]) for index, image in zip(indices, images, strict=True)]
    return {**used, "wrong": sum(each > ROUNDING for each in apart), "largest": max(apart)}


def clip_pair(seed: int, length: int) -> list[int]:
    """Indices of two clips at random places; the last frame is repeated at the end of the video."""
    starts = np.random.default_rng(seed).integers(0, max(length - (CLIP - 1) * STEP, 1), 2)
    return [int(index) for index in np.minimum(starts[:, None] + STEP * np.arange(CLIP), length - 1).ravel()]


def difference(image: np.ndarray, shown: np.ndarray) -> int:
    """The largest difference; 255 if no such frame is shown, or it has another size."""
    return int(np.abs(image.astype(np.int16) - shown).max()) if shown.shape == (1, *image.shape) else 255


def memory(field: str) -> float:
    """Memory of this process in MB, now (``VmRSS``) or at its peak (``VmHWM``)."""
    return int(Path("/proc/self/status").read_text().split(f"{field}:")[1].split()[0]) / 1e3


def summary(rounds: Sequence[Record]) -> Record:
    """All rounds of a reader and a file: the first one shows the memory, and is not timed."""
    good = [each for each in rounds if "error" not in each]
    result: Record = {"errors": dict(Counter(each["error"] for each in rounds if "error" in each))}
    if good:
        result |= {"asked": 2 * CLIP * len(good), "wrong": sum(each["wrong"] for each in good),
                   "largest": max(each["largest"] for each in good), "memory": round(good[0]["memory"], 1)}
        result |= {key: [round(float(np.percentile([each[key] for each in good[1:] or good], q)), 1)
                         for q in (50, 25, 75)] for key in ("processor", "wall")}
    return result


def table(found: dict[str, dict[str, dict[str, Record]]]) -> str:
    """Times of the encodings, what happens to the other files, memory and versions; then the files that were given."""
    names, encodings = list(releases()), found["encodings"]
    rows = [(name, *(cell(file[reader]) for reader in names)) for name, file in encodings.items()]
    rows += [(f"{len(found[group])} {group} files", *(counts(found[group].values(), reader) for reader in names))
             for group in ("odd", "broken")]
    memories = [[file[reader].get("memory", 0) for file in encodings.values()] for reader in names]
    rows += [("memory, at most", *(f"{max(values):.0f} MB" for values in memories)),
             ("version; last release", *releases().values())]
    text = markdown_table(("a clip pair, ms (quartiles)", *names), rows)
    given = [(name, *(cell(file[reader]) for reader in names)) for name, file in found["given"].items()]
    return text + ("\n" + markdown_table(("a clip pair, ms (quartiles)", *names), given) if given else "")


def cell(record: Record) -> str:
    """Time, or what is wrong."""
    if record["errors"]:
        return " or ".join(f"`{error}`" for error in record["errors"]) + " or wrong" * bool(record.get("wrong"))
    if record["wrong"]:
        return f"wrong: {100 * record['wrong'] / record['asked']:.0f} %"
    median, low, high = record["processor"]
    return f"{median:.0f} ({low:.0f} to {high:.0f})" + f", ±{record['largest']}" * bool(record["largest"])


def counts(records: Any, reader: str) -> str:
    """How many files are read rightly, wrongly or not at all."""
    def kind(record: Record) -> str:
        if record.get("wrong"):
            return "wrong"
        return next((error for error in ("crash", "hangs") if error in record["errors"]),
                    "refused" if record["errors"] else "right")

    found = Counter(kind(record[reader]) for record in records)
    return ", ".join(f"{found[word]} {word}" for word in ("right", "wrong", "refused", "crash", "hangs") if found[word])


if __name__ == "__main__":
    main()
