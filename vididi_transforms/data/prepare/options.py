"""Options that several datasets share."""
import argparse
from pathlib import Path

from ..next_steps import verify_command
from ..number_options import add_numbers
from ..video_lists.grammar import DELIMITERS
from .lists import Settings

HELP = {
    "annotations": "folder of the official files", "videos": "folder of the videos",
    "out": "folder for the lists and report.json", "train_csv": "official file of the training videos",
    "train_videos": "folder of the training videos", "val_csv": "official file of the validation videos",
    "val_videos": "folder of the validation videos", "frames": "folder of the frames, one folder per video",
    "classes": "file of the classes, one per line, instead of a choice by the seed",
    "extract": "folder of the videos; frames are extracted from those that have none yet",
}


def add_paths(parser: argparse.ArgumentParser, **defaults: str | None) -> None:
    """Add one option per path, with the help text in :data:`HELP`."""
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, default=default and Path(default),
                            metavar="FILE" if name.endswith(("csv", "classes")) else "DIR",
                            help=f"{HELP[name]} (default: {default or 'none'})")


def add_video_options(parser: argparse.ArgumentParser) -> None:
    """Add the options from which :func:`settings_of` makes its settings."""
    parser.add_argument("--reencode", type=Path, metavar="DIR", help="write smaller H.264 videos to this folder, and "
                        "lists of them; finished ones are kept (default: lists of the videos as they are)")
    add_numbers(parser, ("short-side", 150, "shorter side of re-encoded videos, in pixels"),
                ("gop", 12, "largest distance between key frames of re-encoded videos, in frames"),
                ("workers", 1, "processes that read videos"))
    parser.add_argument("--no-check", dest="check", action="store_false",
                        help="do not check that the first frame of each video can be decoded")
    parser.add_argument("--delimiter", choices=DELIMITERS, help="between path and label, as in MMAction2's "
                        "VideoDataset(delimiter=...) (default: space, or tab if a path has spaces)")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that the options of :func:`add_video_options` ask for."""
    return Settings(args.reencode, args.short_side, args.gop, args.workers, args.check,
                    args.delimiter and DELIMITERS[args.delimiter])


def print_next_step(args: argparse.Namespace, name: str, videos: Path) -> None:
    """Print the command that checks a list.

    Args:
        args: options of :func:`add_video_options`, and ``out``.
        name: file name of the list.
        videos: folder of the videos as they are.
    """
    print(f"Next: {verify_command(args.out / name, args.reencode or videos)}")
