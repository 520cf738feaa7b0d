"""Several runs beside each other, in one HTML file that needs nothing beside itself.

    vididi report work_dirs/vicreg work_dirs/vididi-vicreg --out report.html

Reads what mim train and mim test have left in the work dirs: retrieval, losses, the orders over epochs; of features.npz
silhouette scores and t-SNE; of saliency.json and saliency.png the share of attention on motion. Prints a table.
"""
import argparse
from pathlib import Path

from .sections import write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi report``."""
    parser.add_argument("work_dirs", type=Path, nargs="+", metavar="WORK_DIR", help="of mim train and mim test")
    parser.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE",
                        help="the page (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Write the page and print its first table."""
    print(write_report(args.work_dirs, args.out))
    print(f"Written: {args.out}")
