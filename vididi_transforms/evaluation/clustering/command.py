"""Measure and draw how well classes separate (paper, Table 7, Figures 4, 7-10).

    vididi features CONFIG CHECKPOINT --work-dir work_dirs/RUN      # writes work_dirs/RUN/features.npz
    vididi cluster work_dirs/RUN [work_dirs/OTHER ...] --out work_dirs/clustering

Writes clustering.json, clustering.md and, for 5 and for 10 classes, tsne-N.png, .svg and .csv.
"""
import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ...data.files import write_json, write_text
from ..features import SPLITS, FeatureSet, read_runs
from ..tables import markdown_table
from .comparison import TSNE_COUNTS, compare, numbers_of_classes, panels, silhouette_table
from .figure import draw, points_csv, save
from .scores import METRICS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi cluster``."""
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES", help="features.npz or the work "
                        "dir that holds it; several runs are compared")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/clustering"), metavar="DIR",
                        help="folder to write to (default: %(default)s)")
    parser.add_argument("--metric", choices=METRICS, default="euclidean",
                        help="distance between features (default: %(default)s)")
    parser.add_argument("--projector", type=Path, metavar="LOGDIR",
                        help="also write the features for TensorBoard's embedding projector")


def run(args: argparse.Namespace) -> None:
    """Write scores, table and figures; print the table."""
    runs = read_runs(args.features)
    comparison = compare(runs, args.metric)
    write_json(args.out / "clustering.json", {**asdict(comparison), "classes": runs[0].classes,
                                              "features": list(map(str, args.features))})
    table = markdown_table(*silhouette_table(comparison))
    write_text(args.out / "clustering.md", table)
    print(table)
    for count in numbers_of_classes(len(comparison.shared), TSNE_COUNTS):
        drawn = panels(runs, comparison.shared[:count], args.metric)
        save(draw(drawn, comparison.shared[:count]), args.out / f"tsne-{count}")
        write_text(args.out / f"tsne-{count}.csv", points_csv(drawn))
    if args.projector:
        write_projector(runs, args.projector)
        print(f"Embedding projector: tensorboard --logdir {args.projector}")
    folders = (path if path.is_dir() else path.parent for path in args.features)
    print(f"Written: {args.out}\nNext: vididi report {' '.join(map(str, folders))}")


def write_projector(runs: Sequence[FeatureSet], folder: Path) -> None:
    """Write features for the embedding projector of TensorBoard."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for run in runs:
            rows = [[run.classes[label], SPLITS[split], video] for label, split, video in zip(
                run.labels.tolist(), run.splits.tolist(), run.videos.tolist(), strict=True)]
            writer.add_embedding(run.features, metadata=rows, metadata_header=["class", "split", "video"],
                                 tag=run.name)
