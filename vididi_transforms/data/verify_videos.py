"""Check the videos of an annotation list before training, by decoding every frame.

    vididi verify data/ucf101/train.txt --root data/ucf101/videos --jobs 8

The report, train.txt.report.json, says what is wrong with each bad video. train.txt.report.jsonl has a line per checked
video: an interrupted run continues with the same command, and a video is not read again while its size and time stay
the same. Exit code 0: all videos are good; 1: some are bad; 2: the check failed.
"""
import argparse
import os
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from .faults import FAULTS, Fault
from .files import write_json, write_text
from .next_steps import train_command, verify_command
from .prepare.lists import DELIMITERS
from .verification import verify

CONFIG = "vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"


def read_list(path: Path, delimiter: str = " ") -> list[tuple[str, str]]:
    """Read an annotation list: (video, line) for each line.

    Labels are integers; paths may hold the delimiter.

    Raises:
        ValueError: If the list is empty.
    """
    labels = re.compile(rf"({re.escape(delimiter)}-?\d+)+$")
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if not lines:
        raise ValueError(f"a list needs at least one video: {path} is empty")
    return [(labels.sub("", line.strip()), line) for line in lines]


def run(args: argparse.Namespace) -> int:
    """Check the videos; exit code 1 if some are bad."""
    report = args.out or Path(f"{args.list}.report.json")
    state = report.with_suffix(".jsonl")
    _check(args, [args.list, report, state, *([args.write_good] if args.write_good else [])])
    lines = read_list(args.list, DELIMITERS[args.delimiter])
    paths = {name: args.root / name for name, _ in lines}
    results = verify(list(paths.values()), state, args.jobs, args.timeout, args.quick)
    found = {name: results[path] for name, path in paths.items()}
    bad = {name: fault for name, fault in found.items() if fault}
    _report(args, report, len(found), bad)
    if args.write_good:
        write_good(args.write_good, [line for name, line in lines if name not in bad])
    print(f"Next: {_next_step(args, bool(bad))}")
    return 1 if bad else 0


def _check(args: argparse.Namespace, files: list[Path]) -> None:
    if min(args.jobs, args.timeout) <= 0:
        raise ValueError(f"numbers must be > 0: got --jobs {args.jobs}, --timeout {args.timeout:g}")
    if len({file.resolve() for file in files}) < len(files):
        raise ValueError(f"the list and the files to write must differ: got {', '.join(map(str, files))}")


def _report(args: argparse.Namespace, path: Path, videos: int, bad: dict[str, Fault]) -> None:
    kinds = Counter(fault.kind for fault in bad.values())
    counts = {"good": videos - len(bad), **{kind: kinds[kind] for kind in FAULTS}}
    write_json(path, {"list": str(args.list), "root": str(args.root), "quick": args.quick, "videos": videos,
                      "counts": counts, "bad": {name: asdict(fault) for name, fault in bad.items()}})
    print("\n".join(f"{kind:15}{count:>9}" for kind, count in counts.items() if count))
    print(f"{len(bad)} of {videos} videos are bad: see {path}")


def _next_step(args: argparse.Namespace, bad: bool) -> str:
    if bad and not args.write_good:
        out = ("--out", str(args.out)) if args.out else ()
        quick = ("--quick",) if args.quick else ()
        good = args.list.with_name(f"{args.list.stem}_good{args.list.suffix}")
        return verify_command(args.list, args.root, args.delimiter, *out, *quick, "--write-good", str(good))
    good = args.write_good or args.list
    if args.delimiter != "space":
        return (f"train with ann_file={str(good)!r}, data_prefix=dict(video={str(args.root)!r}) and "
                f"delimiter={DELIMITERS[args.delimiter]!r} in the dataset of your config")
    return train_command(CONFIG, good, args.root)


def write_good(path: Path, lines: list[str]) -> None:
    """Write a list of the good videos.

    Raises:
        ValueError: If there is none.
    """
    if not lines:
        raise ValueError(f"{path} needs at least one video: none is good")
    write_text(path, "".join(f"{line}\n" for line in lines))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi verify``."""
    parser.add_argument("list", type=Path, metavar="LIST", help="annotation list, lines 'path label' or 'path'")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR",
                        help="folder of the videos, MMAction2's data_prefix (default: the current one)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes that read videos (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="report (default: LIST.report.json)")
    parser.add_argument("--quick", action="store_true", help="decode only the first and the last frame")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS",
                        help="time limit per video (default: %(default)s)")
    parser.add_argument("--write-good", type=Path, metavar="LIST2", help="write the list without the bad videos")
    parser.add_argument("--delimiter", choices=DELIMITERS, default="space",
                        help="between path and label (default: %(default)s)")
