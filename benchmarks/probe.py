"""Linear and nearest-neighbour classifiers on frozen features, with few and with all labels.

The encoders are those of the ablation and untrained ones; features as in benchmarks/clustering.py.

    python benchmarks/ablation.py && python benchmarks/probe.py          # continues an interrupted run

Writes benchmarks/results/probe.{json,md}.
"""
from pathlib import Path
from statistics import mean, stdev

from clustering import NAMES, features
from common import RESULTS, write
from fine_tuning import arguments

from vididi_transforms.evaluation.features import read_features
from vididi_transforms.evaluation.probe import CLASSIFIERS, probe
from vididi_transforms.evaluation.tables import markdown_table

PER_CLASS = (1, 5, 10, None)
Accuracies = dict[str, dict[str, dict[str, list[float]]]]  # encoder, classifier, labels per class: one per seed


def main() -> None:
    """Encode the videos, fit and report."""
    parser = arguments(__doc__, "silhouette")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to write to (%(default)s)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found: Accuracies = {}
    for name in NAMES:
        seeds = [probe(read_features(features(args, name, seed)), PER_CLASS) for seed in args.seeds]
        found[name] = {classifier: {str(number or "all"): [round(100 * mean(one[classifier][number]), 2)
                                                           for one in seeds] for number in PER_CLASS}
                       for classifier in CLASSIFIERS}
    write("probe", {"accuracy": found, "seeds": args.seeds}, table(found), args.results)


def table(found: Accuracies) -> str:
    """Mean and standard deviation over the encoders' seeds."""
    return markdown_table(
        ("encoder", "classifier", *(f"{number or 'all'} per class" for number in PER_CLASS)),
        [(name, classifier, *map(spread, by_number.values()))
         for name, by_classifier in found.items() for classifier, by_number in by_classifier.items()])


def spread(values: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
