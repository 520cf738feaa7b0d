"""Table 7 and Figure 4 on motion videos: silhouette scores.

The encoders are those of the ablation and untrained ones.

    python benchmarks/ablation.py && python benchmarks/clustering.py          # continues an interrupted run

``mim test`` writes the features. Writes benchmarks/results/clustering.{json,md,png}; the figure shows the first seed.
"""
import argparse
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from common import RESULTS, write
from fine_tuning import ROWS, arguments, checkpoint

from vididi_transforms.evaluation.clustering import Comparison, compare, draw, panels
from vididi_transforms.evaluation.clustering.scores import METRICS
from vididi_transforms.evaluation.features import FILE, SPLITS, FeatureSet, read_runs
from vididi_transforms.evaluation.neighbours import find_neighbours
from vididi_transforms.evaluation.retrieval import centred
from vididi_transforms.evaluation.tables import markdown_table
from vididi_transforms.mmaction2.demo import Processes, config

NAMES = ("untrained", *ROWS)
Scores = dict[str, dict[str, dict[str, dict[int, list[float]]]]]


def main() -> None:
    """Encode the videos and report."""
    parser = arguments(__doc__, "silhouette")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to (%(default)s)")
    args = parser.parse_args()
    for folder in (args.out, args.results):
        folder.mkdir(parents=True, exist_ok=True)
    runs = read_runs([features(args, name, seed) for seed in args.seeds for name in NAMES])
    report(runs, args)


def features(args: argparse.Namespace, name: str, seed: int) -> Path:
    """The feature file of one encoder; ``mim test`` writes it unless it exists."""
    work_dir = args.out / f"{name}-seed{seed}"
    if not (work_dir / FILE).exists():
        options = [f"test_dataloader.dataset.datasets.{number}.{key}" for number, split in enumerate(("train", "test"))
                   for key in (f"ann_file={args.data / split}.txt", f"data_prefix.video={args.data}")]
        Processes(args.out).mim(f"test {name} seed {seed}", "test", "mmaction2", config("vicreg"), "--checkpoint",
                                checkpoint(args, name, seed), "--work-dir", work_dir, "--cfg-options", *options)
    return work_dir / FILE


def report(runs: list[FeatureSet], args: argparse.Namespace) -> None:
    """Write JSON, tables and figure."""
    scores = {metric: of_seeds(compare(runs, metric), args.seeds) for metric in METRICS}
    counts = list(scores["euclidean"]["its own best"]["untrained"]["test"])
    header = ("silhouette by the number of classes", "videos", *map(str, counts[:-1]), f"all {counts[-1]}")
    table = markdown_table(header, [
        (name, split, *map(spread, by_split[split].values()))
        for split in SPLITS.values() for name, by_split in scores["euclidean"]["its own best"].items()])
    shared, names = compare(runs).shared, runs[0].classes
    figure = draw(panels(runs[:len(NAMES)], shared[:5], "euclidean"), shared[:5])
    figure.savefig(args.results / "clustering.png", dpi=110)
    by_class = {run.name: find_neighbours(run).class_recalls() for run in runs}
    recalls = {name: {names[label]: round(recall[0], 4) for label, recall in one.items()}
               for name, one in by_class.items()}
    between = {name: [round(100 * between_classes(run.part("query")), 2) for run in runs[number::len(NAMES)]]
               for number, name in enumerate(NAMES)}
    table += "\n" + markdown_table(("encoder", "variance between classes in %", "each seed"), [
        (name, round(mean(values), 1), ", ".join(f"{value:.1f}" for value in values))
        for name, values in between.items()])
    write("clustering", {"silhouette": scores, "seeds": args.seeds, "videos": len(runs[0].labels), "recall@1": recalls,
                         "best of all runs": [names[label] for label in shared], "variance between classes": between},
          table, args.results)


def between_classes(videos: FeatureSet) -> float:
    """Share of the features' variance that is between the means of the classes."""
    features = centred(videos.features)
    means = np.stack([features[videos.labels == label].mean(axis=0) for label in videos.labels])
    return float((means ** 2).sum() / (features ** 2).sum())


def of_seeds(comparison: Comparison, seeds: list[int]) -> Scores:
    """Scores by choice of classes, encoder, split and number of classes.

    Each is a list with one score per seed.
    """
    return {choice: {name: {SPLITS[split]: {
        count: [round(runs[f"{name}-seed{seed}"][split][count], 4) for seed in seeds]
        for count in runs[f"{name}-seed{seeds[0]}"][split]} for split in SPLITS} for name in NAMES}
        for choice, runs in (("its own best", comparison.own_scores), ("best of all runs", comparison.shared_scores))}


def spread(values: list[float]) -> str:
    """Mean and standard deviation over the seeds."""
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
