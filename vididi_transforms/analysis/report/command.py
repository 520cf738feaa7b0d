"""Compare several runs in one self-contained HTML file.

    vididi report work_dirs/vicreg work_dirs/vididi-vicreg --out report.html

Reads the work dirs that mim train and mim test wrote: retrieval and any other metric, losses, derivative orders by
epoch. With features.npz the report adds silhouette scores and t-SNE, with saliency.json and saliency.png the share of
attention on motion. Prints the table of all runs.
"""
import argparse
from pathlib import Path

from .write import write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi report``."""
    parser.add_argument("work_dirs", type=Path, nargs="+", metavar="WORK_DIR",
                        help="work dir of mim train and mim test")
    parser.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE",
                        help="HTML file to write (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Write the page and print its first table."""
    print(write_report(args.work_dirs, args.out))
    print(f"Written: {args.out}\nNext: open it in a browser; it is one file and needs no network")
