"""Write MMAction2's annotation lists from official split files and a folder of videos.

    vididi prepare ucf101 --split 1

Options and an example for each dataset: vididi prepare DATASET --help. Exit code 1: AVA is not complete.
"""
import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import splits
from .ava import prepare_ava
from .ava_frames import Window
from .kinetics import kinetics400, write_k200
from .lists import DELIMITERS, Settings, write_lists
from .video_folder import VideoFolder

Args = argparse.Namespace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi prepare``: a subcommand per dataset."""
    datasets = parser.add_subparsers(dest="dataset", required=True, metavar="DATASET")
    commands = {name: _command(datasets, name, *row) for name, row in {
        "ucf101": (_splits, "classInd.txt, trainlist01.txt and testlist01.txt", "--split 1"),
        "hmdb51": (_splits, "<class>_test_split1.txt", "--split 1 --workers 4"),
        "kinetics400": (_kinetics400, "the official csv files",
                        "--reencode data/kinetics400/videos_150 --workers 8"),
        "k200-40k": (_k200, "200 classes of Kinetics-400 with 200 videos each", "--seed 0"),
        "ava": (_ava, "check annotations and frames, extract frames",
                "--version 2.2 --extract data/ava/videos --workers 8"),
    }.items()}
    for name in ("ucf101", "hmdb51"):
        _folders(commands[name], annotations=f"data/{name}/annotations", videos=f"data/{name}/videos",
                 out=f"data/{name}")
        commands[name].add_argument("--split", type=int, choices=(1, 2, 3), default=1, help="default: %(default)s")
    for name in ("kinetics400", "k200-40k"):
        _folders(commands[name], train_csv="data/kinetics400/annotations/kinetics_train.csv",
                 train_videos="data/kinetics400/videos_train", out=f"data/{name}")
    _folders(commands["kinetics400"], val_csv=None, val_videos=None)
    _k200_options(commands["k200-40k"])
    _ava_options(commands["ava"])
    for name in commands.keys() - {"ava"}:
        _video_options(commands[name])
    for one in commands.values():
        one.add_argument("--workers", type=int, default=1, help="processes that read videos (default: %(default)s)")


def run(args: Args) -> int:
    """Write the lists; exit code 1 if AVA is not complete."""
    code: int = args.prepare(args)
    return code


def _splits(args: Args) -> int:
    clips = {"ucf101": splits.ucf101, "hmdb51": splits.hmdb51}[args.dataset](args.annotations, args.split)
    folder = VideoFolder(args.videos)
    names = {subset: f"{args.dataset}_{subset}_split_{args.split}_videos.txt" for subset in clips}
    write_lists(clips, dict.fromkeys(clips, folder), names, args.out, _settings(args))
    return 0


def _kinetics400(args: Args) -> int:
    if (args.val_csv is None) != (args.val_videos is None):
        raise ValueError("--val-csv and --val-videos must come together: got one of them")
    clips = kinetics400(args.train_csv, args.val_csv)
    folders = {"train": args.train_videos, "val": args.val_videos}
    write_lists(clips, {subset: VideoFolder(folders[subset], ignore_case=False) for subset in clips},
                {subset: f"kinetics400_{subset}_list_videos.txt" for subset in clips}, args.out, _settings(args))
    return 0


def _k200(args: Args) -> int:
    write_k200(args.train_csv, VideoFolder(args.train_videos, ignore_case=False), args.out, _settings(args),
               args.classes, args.class_count, args.videos_per_class, args.seed)
    return 0


def _ava(args: Args) -> int:
    report = prepare_ava(args.annotations, args.frames, args.out, args.version,
                         Window(args.start, args.end, args.fps), args.extract, args.short_side, args.workers)
    return 0 if report.complete else 1


def _settings(args: Args) -> Settings:
    return Settings(args.reencode, args.short_side, args.gop, args.workers, args.check, DELIMITERS[args.delimiter])


def _command(datasets: Any, name: str, prepare: Callable[[Args], int], text: str,
             example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = datasets.add_parser(
        name, help=text, description=f"{name}: {text}.", epilog=f"example: vididi prepare {name} {example}")
    parser.set_defaults(prepare=prepare)
    return parser


def _folders(parser: argparse.ArgumentParser, **defaults: str | None) -> None:
    texts = {"annotations": "folder of the official files", "videos": "folder of the videos",
             "out": "folder for lists and report.json", "train_csv": "official file of the training videos",
             "train_videos": "folder of the training videos", "val_csv": "official file of the validation videos",
             "val_videos": "folder of the validation videos", "frames": "folder of the frames, one folder a video",
             "classes": "file of classes, one a line, instead of a choice by the seed",
             "extract": "folder of videos; extract the frames of those that have none"}
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, default=default and Path(default),
                            metavar="FILE" if name.endswith(("csv", "classes")) else "DIR",
                            help=f"{texts[name]} (default: {default or 'none'})")


def _numbers(parser: argparse.ArgumentParser, *options: tuple[str, int, str]) -> None:
    for name, default, text in options:
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} (default: %(default)s)")


def _k200_options(parser: argparse.ArgumentParser) -> None:
    _folders(parser, classes=None)
    _numbers(parser, ("class-count", 200, "classes to choose"), ("videos-per-class", 200, "videos of each class"),
             ("seed", 0, "of the choice of classes and videos"))


def _video_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reencode", type=Path, metavar="DIR", help="write smaller H.264 videos there, keeping "
                        "finished ones, and lists of them (default: lists of the videos as they are)")
    _numbers(parser, ("short-side", 150, "of re-encoded videos, in pixels"),
             ("gop", 12, "frames from one key frame of re-encoded videos to the next"))
    parser.add_argument("--no-check", dest="check", action="store_false",
                        help="do not look whether the first frame of each video can be read")
    parser.add_argument("--delimiter", choices=DELIMITERS, default="space", help="between path and label, as in "
                        "MMAction2's VideoDataset(delimiter=...) (default: %(default)s)")


def _ava_options(parser: argparse.ArgumentParser) -> None:
    _folders(parser, annotations="data/ava/annotations", frames="data/ava/rawframes", out="data/ava", extract=None)
    parser.add_argument("--version", choices=("2.1", "2.2"), default="2.1", help="default: %(default)s")
    _numbers(parser, ("start", 900, "first second of the frames, AVADataset's timestamp_start"),
             ("end", 1800, "end of the frames in seconds, AVADataset's timestamp_end"),
             ("fps", 30, "frames per second"), ("short-side", 256, "of extracted frames, in pixels"))
