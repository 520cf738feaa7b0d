"""Check the videos of an annotation list before training: decode every frame, and read some as training does.

    vididi verify data/ucf101/train.txt --root data/ucf101/videos --jobs 8
    vididi verify --config CONFIG     # the list, folder and reader of its training

A folder of frames is checked where a line is 'folder frames label'.

The report, train.txt.report.json, says what is wrong with each bad video. train.txt.report.jsonl has a line per checked
video: an interrupted run continues with the same command, and a video is not read again while its size and time stay
the same. Exit code 0: all videos are good; 1: some are bad; 2: the check failed.
"""
import argparse
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

from .faults import FAULTS, Fault
from .files import write_json, write_text
from .frame_folders import TEMPLATE
from .next_steps import train_command, verify_command
from .readers import READERS, Reader
from .verification import FrameFolder, Job, VideoFile, verify
from .video_lists.grammar import DELIMITERS
from .video_lists.video_list import Entry, read_video_list

CONFIG = "vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"
BATCH = 64


def run(args: argparse.Namespace) -> int:
    """Check the videos; exit code 1 if some are bad."""
    if args.list is None:
        raise ValueError("a list of videos is needed: give LIST or --config")
    Reader(args.reader)  # it is an error now if its package is missing
    report = args.out or Path(f"{args.list}.report.json")
    state = report.with_suffix(".jsonl")
    _check(args, [args.list, report, state, *([args.write_good] if args.write_good else [])])
    videos = read_video_list(args.list, args.root, args.delimiter and DELIMITERS[args.delimiter])
    for option, file in (("--out", report), ("--write-good", args.write_good)):
        _check_folder(option, file)
    print(videos.summary())
    jobs = {entry.path: _job(args, entry) for entry in videos.entries}
    found = dict(zip(jobs, verify(list(jobs.values()), state, args.jobs, args.timeout), strict=True))
    bad = {name: fault for name, fault in found.items() if fault}
    _report(args, report, len(found), bad)
    if args.write_good:
        write_good(args.write_good, [entry.line for entry in videos.entries if entry.path not in bad])
    good = [job for name, job in jobs.items() if name not in bad]
    print(f"Next: {_next_step(args, good, bool(bad))}")
    return 1 if bad else 0


def _job(args: argparse.Namespace, entry: Entry) -> Job:
    """A folder of frames if the line is 'folder frames label'."""
    path = args.root / entry.path
    if len(entry.labels) > 1 and path.is_dir():
        return FrameFolder(path, args.frames, args.first_frame, entry.labels[0])
    return VideoFile(path, args.quick, args.reader)


def _check(args: argparse.Namespace, files: list[Path]) -> None:
    if min(args.jobs, args.timeout) <= 0:
        raise ValueError(f"numbers must be > 0: got --jobs {args.jobs}, --timeout {args.timeout:g}")
    if len({file.resolve() for file in files}) < len(files):
        raise ValueError(f"the list and the files to write must differ: got {', '.join(map(str, files))}")


def _check_folder(option: str, file: Path | None) -> None:
    """Before hours of reading: can the file be written?"""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=file.parent).close()
    except OSError as error:
        raise OSError(f"{option} must be a file in a folder where files can be written: got {file} "
                      f"({error.strerror})") from error


def _report(args: argparse.Namespace, path: Path, videos: int, bad: dict[str, Fault]) -> None:
    kinds = Counter(fault.kind for fault in bad.values())
    counts = {"good": videos - len(bad), **{kind: kinds[kind] for kind in FAULTS}}
    write_json(path, {"list": str(args.list), "root": str(args.root), "reader": args.reader, "quick": args.quick,
                      "videos": videos, "counts": counts,
                      "bad": {name: asdict(fault) for name, fault in bad.items()}})
    print("\n".join(f"{kind:15}{count:>9}" for kind, count in counts.items() if count))
    print(f"{len(bad)} of {videos} videos are bad: see {path}")


def _next_step(args: argparse.Namespace, good: Sequence[Job], bad: bool) -> str:
    """Write the list of good videos, if some are bad; then train on it."""
    if bad and not args.write_good:
        options = [*(("--delimiter", args.delimiter) if args.delimiter else ()),
                   *(("--out", str(args.out)) if args.out else ()), *(("--quick",) if args.quick else ()),
                   *(("--config", str(args.config)) if args.config else
                     ("--reader", args.reader) if args.reader != "pyav" else ()),
                   *(("--frames", args.frames) if args.frames != TEMPLATE else ())]
        list_of_good = args.list.with_name(f"{args.list.stem}_good{args.list.suffix}")
        return verify_command(args.list, args.root, *options, "--write-good", str(list_of_good))
    path, folders = args.write_good or args.list, any(isinstance(job, FrameFolder) for job in good)
    if args.delimiter or args.config or folders:
        between = f" and delimiter={DELIMITERS[args.delimiter]!r}" if args.delimiter else ""
        return (f"train with ann_file={str(path)!r}, data_prefix=dict({'img' if folders else 'video'}="
                f"{str(args.root)!r}){between} in the dataset of your config")
    smaller = [f"train_dataloader.batch_size={len(good)}"] if len(good) < BATCH else []
    return train_command(CONFIG, path, args.root, *smaller)


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
    parser.add_argument("list", type=Path, metavar="LIST", nargs="?",
                        help="annotation list: lines 'path label', 'path' or 'folder frames label' (docs/lists.md)")
    parser.add_argument("--root", type=Path, default=Path(), metavar="DIR",
                        help="folder of the videos, MMAction2's data_prefix (default: the current one)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes that read videos (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="report (default: LIST.report.json)")
    parser.add_argument("--quick", action="store_true", help="only decode the first and the last frame")
    parser.add_argument("--timeout", type=float, default=60, metavar="SECONDS",
                        help="time limit per video (default: %(default)s)")
    parser.add_argument("--reader", choices=READERS, default="pyav",
                        help="reader of the training (default: %(default)s)")
    parser.add_argument("--frames", default=TEMPLATE, metavar="TEMPLATE",
                        help="names of the frames in a folder (default: %(default)s)")
    parser.set_defaults(config=None, first_frame=1)
    parser.add_argument("--write-good", type=Path, metavar="LIST2", help="write the list without the bad videos")
    parser.add_argument("--delimiter", choices=DELIMITERS,
                        help="between path and label (default: found in each line)")
