"""Test videos and the five training videos that are nearest to each, as clips that play, in one HTML file.

    mim test mmaction2 CONFIG --checkpoint CHECKPOINT --work-dir work_dirs/RUN      # writes work_dirs/RUN/features.npz
    vididi retrieval-page work_dirs/RUN [work_dirs/OTHER ...] --out retrieval.html

Right and wrong ones are marked; queries can be filtered by class and by what each run finds. Recall of each class and
confusion are of all queries. The file needs no network and nothing beside itself.
"""
import argparse
from pathlib import Path

from ...evaluation.features import read_runs
from ...evaluation.retrieval import METRICS
from .write import write_retrieval_page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi retrieval-page``."""
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES", help="features.npz or its work dir, as "
                        "mim test writes it with DumpFeatures among the test_evaluator; several are shown side by side")
    parser.add_argument("--out", type=Path, default=Path("retrieval.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER",
                        help="where mim test ran, if not here: names of videos are relative to it")
    parser.add_argument("--queries", type=int, metavar="N", help="show the clips of this many, spread over the "
                        "classes (default: 100, or one of each class if that is more)")
    parser.add_argument("--metric", choices=METRICS, default="cosine", help="what is near (default: %(default)s)")
    parser.add_argument("--center", action="store_true", help="subtract each split's own mean feature first")


def run(args: argparse.Namespace) -> None:
    """Write the page and print the recalls."""
    print(write_retrieval_page(read_runs(args.features), args.out, args.root, args.queries, args.metric, args.center))
    print(f"Written: {args.out} ({args.out.stat().st_size / 2**20:.1f} MiB)")
