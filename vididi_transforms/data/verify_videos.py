"""Check the videos of an MMAction2 list before training: every frame is decoded.

    vididi verify data/ucf101/train.txt --root data/ucf101/videos --jobs 8

The report, ``train.txt.report.json``, says of each bad video what is wrong with it. ``train.txt.report.jsonl`` has a
line for each video that was read: an interrupted run goes on with the same command, and videos whose size and time have
not changed are not read again. Exit code 0: all videos are good; 1: some are not; 2: nothing was checked.
"""
import argparse
import os
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from .faults import FAULTS
from .files import write_json, write_text
from .prepare.lists import DELIMITERS
from .verification import verify


def read_list(path: Path, delimiter: str = " ") -> list[tuple[str, str]]:
    """The lines of a list, each after the name of its video. Labels are integers; names may hold the delimiter.

    Raises:
        ValueError: the list names no video.
    """
    labels = re.compile(rf"({re.escape(delimiter)}-?\d+)+$")
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if not lines:
        raise ValueError(f"a list needs at least one video: {path} names none")
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
    bad = {name: asdict(fault) for name, fault in found.items() if fault}
    counts = Counter(fault.kind if fault else "good" for fault in found.values())
    write_json(report, {"list": str(args.list), "root": str(args.root), "quick": args.quick, "videos": len(found),
                        "counts": {kind: counts[kind] for kind in ("good", *FAULTS)}, "bad": bad})
    print("\n".join(f"{kind:15}{counts[kind]:>9}" for kind in ("good", *FAULTS) if counts[kind]))
    print(f"{len(bad)} of {len(found)} videos are bad: see {report}")
    if args.write_good:
        write_good(args.write_good, [line for name, line in lines if name not in bad])
    return 1 if bad else 0


def _check(args: argparse.Namespace, files: list[Path]) -> None:
    if min(args.jobs, args.timeout) <= 0:
        raise ValueError(f"numbers must be > 0: got --jobs {args.jobs}, --timeout {args.timeout:g}")
    if len({file.resolve() for file in files}) < len(files):
        raise ValueError(f"the list and what is written must be different files: got {', '.join(map(str, files))}")


def write_good(path: Path, lines: list[str]) -> None:
    """Write a list; it appears when it is whole.

    Raises:
        ValueError: there is no line.
    """
    if not lines:
        raise ValueError(f"{path} needs at least one video: none is good")
    write_text(path, "".join(f"{line}\n" for line in lines))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi verify``."""
    parser.add_argument("list", type=Path, metavar="LIST", help="lines 'name label'")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR",
                        help="folder of the videos, MMAction2's data_prefix (default: this one)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes that read videos (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="report (default: LIST.report.json)")
    parser.add_argument("--quick", action="store_true", help="decode the first and the last frame only")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS",
                        help="for one video (default: %(default)s)")
    parser.add_argument("--write-good", type=Path, metavar="LIST2", help="write the list without the bad videos")
    parser.add_argument("--delimiter", choices=DELIMITERS, default="space",
                        help="between name and label (default: %(default)s)")
