"""Runs beside each other: scores of each, and t-SNE of the same classes."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..features import SPLITS, FeatureSet
from ..neighbours import find_neighbours
from .figure import Panel
from .scores import best_retrieved_classes, silhouette, tsne

COUNTS = (3, 5, 10, 15, 20)  # of classes, as Table 7; and all
TSNE_COUNTS = (5, 10)
Scores = dict[str, dict[int, float]]  # split, number of classes


def numbers_of_classes(classes: int, counts: Iterable[int]) -> list[int]:
    """The counts, those that are too large being all classes.

    Example:
        >>> numbers_of_classes(8, (3, 5, 10, 15))
        [3, 5, 8]
    """
    return sorted({min(count, classes) for count in counts})


@dataclass(frozen=True)
class Comparison:
    """Silhouette scores of runs beside each other.

    Args:
        own: each run's classes, best retrieved first, which its scores in ``own_scores`` take (appendix C.2).
        shared: the classes that are retrieved best in the mean of all runs; those of ``shared_scores``.
        metric: distance of the silhouette.
    """

    own: dict[str, list[int]]
    own_scores: dict[str, Scores]
    shared: list[int]
    shared_scores: dict[str, Scores]
    metric: str


def compare(runs: Sequence[FeatureSet], metric: str = "euclidean") -> Comparison:
    """Silhouette scores of every run for 3, 5, 10, 15, 20 and all classes, on test and on training videos.

    Raises:
        ValueError: as :func:`best_retrieved_classes` and :func:`silhouette`.
    """
    recalls = {run.name: find_neighbours(run).class_recalls() for run in runs}
    own = {name: best_retrieved_classes(one) for name, one in recalls.items()}
    shared = best_retrieved_classes(*recalls.values())
    return Comparison(own, {run.name: _scores(run, own[run.name], metric) for run in runs},
                      shared, {run.name: _scores(run, shared, metric) for run in runs}, metric)


def _scores(run: FeatureSet, classes: Sequence[int], metric: str) -> Scores:
    scores: Scores = {}
    for split in SPLITS:
        parts = {count: run.part(split, classes[:count])
                 for count in numbers_of_classes(len(classes), (*COUNTS, len(classes)))}
        scores[split] = {count: silhouette(part.features, part.labels, metric) for count, part in parts.items()}
    return scores


def table(comparison: Comparison) -> str:
    """Markdown: a row for each run, split and choice of classes, a column for each number of classes."""
    choices = {"its own best": comparison.own_scores}
    if len(comparison.own) > 1:
        choices["best of all runs"] = comparison.shared_scores
    counts = list(next(iter(comparison.own_scores.values()))["query"])
    lines = [f"| silhouette ({comparison.metric}) | videos | classes | "
             + " | ".join([*map(str, counts[:-1]), f"all {counts[-1]}"]) + " |", "|---|---|---|" + "---|" * len(counts)]
    lines += [f"| {name} | {SPLITS[split]} | {choice} | " + " | ".join(f"{score:.3f}" for score in row.values()) + " |"
              for choice, scores in choices.items() for split in SPLITS
              for name, row in ((name, scores[name][split]) for name in scores)]
    return "\n".join(lines) + "\n"


def panels(runs: Sequence[FeatureSet], classes: Sequence[int], metric: str) -> list[Panel]:
    """t-SNE of every run's test and training videos of the same classes."""
    from tqdm import tqdm

    parts = [(run.part(split, classes), SPLITS[split]) for split in SPLITS for run in runs]
    return [Panel(part, split, tsne(part.features), silhouette(part.features, part.labels, metric))
            for part, split in tqdm(parts, desc=f"t-SNE of {len(classes)} classes", unit="plot")]
