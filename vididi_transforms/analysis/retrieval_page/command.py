"""Show test videos with their five nearest training videos in an HTML file.

    vididi features CONFIG CHECKPOINT --work-dir work_dirs/RUN      # writes work_dirs/RUN/features.npz
    vididi retrieval-page work_dirs/RUN [work_dirs/OTHER ...] --out retrieval.html

Right and wrong videos are marked. Queries can be filtered by class and by whether a run's nearest video is right.
Recall by class and the confusion matrix count all queries.
"""
import argparse
from pathlib import Path

from ...evaluation.features import read_runs
from ...evaluation.retrieval import METRICS
from .write import write_retrieval_page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi retrieval-page``."""
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES", help="features.npz or the work "
                        "dir that holds it; several runs are shown side by side")
    parser.add_argument("--out", type=Path, default=Path("retrieval.html"), metavar="FILE",
                        help="HTML file to write (default: %(default)s)")
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER",
                        help="folder in which mim test ran, which the names of videos are relative to "
                        "(default: the current folder)")
    parser.add_argument("--queries", type=int, metavar="N", help="number of queries to show, spread over the "
                        "classes (default: 100, or one per class if that is more)")
    parser.add_argument("--metric", choices=METRICS, default="cosine",
                        help="how features are compared (default: %(default)s)")
    parser.add_argument("--centre", action="store_true", help="first subtract each split's own mean feature")


def run(args: argparse.Namespace) -> None:
    """Write the page and print the recalls."""
    print(write_retrieval_page(read_runs(args.features), args.out, args.root, args.queries, args.metric, args.centre))
    print(f"Written: {args.out} ({args.out.stat().st_size / 2**20:.1f} MiB)\n"
          f"Next: open it in a browser; vididi cluster {' '.join(map(str, args.features))} shows the classes by t-SNE")
