"""Train VICReg and ViDiDi-VICReg on generated videos and compare them: ten minutes.

    vididi demo

Both train the same small encoder on the same motion videos, with MMAction2's own tools. Video retrieval and attention
on motion are measured for both and for the untrained encoder. Writes results.json, demo.png, retrieval.html (test
videos with their nearest training videos) and report.html.
"""
import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi demo``."""
    parser.add_argument("--out", type=Path, default=Path("work_dirs/demo"), metavar="DIR",
                        help="folder to write to (default: %(default)s)")
    parser.add_argument("--cfg-options", nargs="+", default=[], metavar="KEY=VALUE", help="override config settings")


def run(args: argparse.Namespace) -> None:
    """Train, measure, write and print the results."""
    from ..mmaction2.demo.command import run

    run(args)
