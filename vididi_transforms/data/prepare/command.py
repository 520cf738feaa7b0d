"""Write MMAction2's annotation lists from official split files and videos.

    vididi prepare ucf101 --split 1

vididi prepare DATASET --help shows the options of a dataset and an example. Exit code 1: files of AVA are missing.
"""
import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from . import ava, k200, kinetics
from .lists import write_lists
from .options import add_paths, add_video_options, print_next_step, settings_of
from .splits import Clips, hmdb51, ucf101
from .video_folder import VideoFolder


class Source(Protocol):
    """A module or an object that makes the lists of a dataset."""

    def add_arguments(self, parser: argparse.ArgumentParser, name: str) -> None:
        """Add the options of the dataset called ``name``."""

    def run(self, args: argparse.Namespace) -> int:
        """Write the lists and return the exit code; ``args.dataset`` is the name."""


@dataclass(frozen=True)
class SplitFiles:
    """A dataset with one folder of official files and one of videos.

    Args:
        read: function from the folder of the official files to the clips of ``train`` and ``val``; the official test
            list is called ``val``, as in MMAction2.
        splits: number of official splits; with more than one, ``read`` also gets the number of the split, from 1.
    """

    read: Callable[..., dict[str, Clips]]
    splits: int = 1

    def add_arguments(self, parser: argparse.ArgumentParser, name: str) -> None:
        """See :class:`Source`."""
        add_paths(parser, annotations=f"data/{name}/annotations", videos=f"data/{name}/videos", out=f"data/{name}")
        if self.splits > 1:
            parser.add_argument("--split", type=int, choices=range(1, self.splits + 1), default=1,
                                help="default: %(default)s")
        add_video_options(parser)

    def run(self, args: argparse.Namespace) -> int:
        """See :class:`Source`."""
        split = (args.split,) if self.splits > 1 else ()
        clips, folder = self.read(args.annotations, *split), VideoFolder(args.videos)
        ending = f"split_{args.split}_videos" if split else "list_videos"
        names = {subset: f"{args.dataset}_{subset}_{ending}.txt" for subset in clips}
        write_lists(clips, dict.fromkeys(clips, folder), names, args.out, settings_of(args))
        print_next_step(args, names["train"], args.videos)
        return 0


class Dataset(NamedTuple):
    """A dataset: name, official files, options of its example, and source."""

    summary: str
    example: str
    source: Source


DATASETS = {
    "ucf101": Dataset("UCF101, from classInd.txt, trainlist01.txt and testlist01.txt", "--split 1",
                      SplitFiles(ucf101, splits=3)),
    "hmdb51": Dataset("HMDB51, from <class>_test_split1.txt", "--split 1 --workers 4", SplitFiles(hmdb51, splits=3)),
    "kinetics400": Dataset("Kinetics-400, from the official csv files",
                           "--reencode data/kinetics400/videos_150 --workers 8", kinetics),
    "k200-40k": Dataset("K200-40k: 200 classes of Kinetics-400 with 200 videos each", "--seed 0", k200),
    "ava": Dataset("AVA: check annotations and frames, extract frames",
                   "--version 2.2 --extract data/ava/videos --workers 8", ava),
}
"""To add a dataset, add a row and a function that reads its official files (see :class:`SplitFiles`)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi prepare``: a subcommand per dataset."""
    commands = parser.add_subparsers(dest="dataset", required=True, metavar="DATASET")
    for name, (summary, example, source) in DATASETS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary}.",
                                      epilog=f"example: vididi prepare {name} {example}")
        source.add_arguments(command, name)


def run(args: argparse.Namespace) -> int:
    """Write the lists; exit code 1 if files of AVA are missing."""
    return DATASETS[args.dataset].source.run(args)
