"""``vididi verify``: ``data.verify_videos``, and ``--config``, which needs MMAction2."""
import argparse
from pathlib import Path

from ..data import verify_videos
from ..data.video_lists.grammar import DELIMITERS

__doc__ = verify_videos.__doc__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi verify``."""
    verify_videos.add_arguments(parser)
    parser.add_argument("--config", type=Path, metavar="CONFIG", help="config of the training, which gives the reader "
                        "and, if LIST is not given, LIST, --root, --delimiter and --frames; needs MMAction2")


def run(args: argparse.Namespace) -> int:
    """Check the videos; exit code 1 if some are bad."""
    if args.config:
        from ..mmaction2.tools.training_list import training_list

        found = training_list(args.config)
        args.reader, args.first_frame = found.reader, found.first_frame
        if args.list is None:
            names: dict[str | None, str] = {character: name for name, character in DELIMITERS.items()}
            args.list, args.root, args.frames = found.path, found.root, found.frames or args.frames
            args.delimiter = names.get(found.delimiter)
    return verify_videos.run(args)
