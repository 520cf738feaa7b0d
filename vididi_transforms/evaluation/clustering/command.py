"""How well classes separate in the latent space: silhouette scores (Table 7) and t-SNE (Figures 4, 7 to 10).

    mim test mmaction2 CONFIG --checkpoint CHECKPOINT --work-dir work_dirs/RUN      # writes work_dirs/RUN/features.npz
    vididi cluster work_dirs/RUN [work_dirs/OTHER ...] --out work_dirs/clustering

Writes clustering.json, clustering.md and, for 5 and for 10 classes, tsne-N.png, .svg and .csv.
"""
import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ...data.files import write_json, write_text
from ..features import SPLITS, FeatureSet, read_runs
from .comparison import TSNE_COUNTS, compare, numbers_of_classes, panels, table
from .figure import draw, points_csv, save
from .scores import METRICS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi cluster``."""
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES", help="features.npz or its work dir, as "
                        "mim test writes it with DumpFeatures among the test_evaluator; several are compared")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/clustering"), metavar="DIR",
                        help="folder to write to (default: %(default)s)")
    parser.add_argument("--metric", choices=METRICS, default="euclidean",
                        help="distance of the silhouette (default: %(default)s)")
    parser.add_argument("--projector", type=Path, metavar="LOGDIR",
                        help="also write TensorBoard's embedding projector there")


def run(args: argparse.Namespace) -> None:
    """Write scores, tables and pictures; print the table."""
    runs = read_runs(args.features)
    comparison = compare(runs, args.metric)
    write_json(args.out / "clustering.json", {**asdict(comparison), "classes": runs[0].classes,
                                              "features": list(map(str, args.features))})
    write_text(args.out / "clustering.md", table(comparison))
    print(table(comparison))
    for count in numbers_of_classes(len(comparison.shared), TSNE_COUNTS):
        drawn = panels(runs, comparison.shared[:count], args.metric)
        save(draw(drawn, comparison.shared[:count]), args.out / f"tsne-{count}")
        write_text(args.out / f"tsne-{count}.csv", points_csv(drawn))
    if args.projector:
        write_projector(runs, args.projector)
        print(f"Embedding projector: tensorboard --logdir {args.projector}")
    print(f"Written: {args.out}")


def write_projector(runs: Sequence[FeatureSet], folder: Path) -> None:
    """Features for the embedding projector of TensorBoard, by torch's own writer."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for run in runs:
            rows = [[run.classes[label], SPLITS[split], video] for label, split, video in zip(
                run.labels.tolist(), run.splits.tolist(), run.videos.tolist(), strict=True)]
            writer.add_embedding(run.features, metadata=rows, metadata_header=["class", "split", "video"],
                                 tag=run.name)
