"""Several runs side by side: scores, and t-SNE of the same classes."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..features import SPLITS, FeatureSet
from ..neighbours import find_neighbours
from .figure import Panel
from .scores import best_retrieved_classes, silhouette, tsne

COUNTS = (3, 5, 10, 15, 20)  # numbers of classes in Table 7, which also has all classes
TSNE_COUNTS = (5, 10)
Scores = dict[str, dict[int, float]]  # split to number of classes to silhouette


def numbers_of_classes(classes: int, counts: Iterable[int]) -> list[int]:
    """The counts in order; counts above the number of classes become that number.

    Example:
        >>> numbers_of_classes(8, (3, 5, 10, 15))
        [3, 5, 8]
    """
    return sorted({min(count, classes) for count in counts})


@dataclass(frozen=True)
class Comparison:
    """Silhouette scores of several runs.

    Args:
        own: each run's own classes, best retrieved first (paper, appendix C.2).
        own_scores: each run's scores for the first of its own classes.
        shared: classes in the order of their mean recall over all runs, best first.
        shared_scores: each run's scores for the first of the shared classes.
        metric: distance of the silhouette.
    """

    own: dict[str, list[int]]
    own_scores: dict[str, Scores]
    shared: list[int]
    shared_scores: dict[str, Scores]
    metric: str


def compare(runs: Sequence[FeatureSet], metric: str = "euclidean") -> Comparison:
    """Silhouette scores of every run, of test and of training videos.

    They are computed for 3, 5, 10, 15, 20 and all classes.

    Raises:
        ValueError: As :func:`best_retrieved_classes` and :func:`silhouette`.
    """
    recalls = {run.name: find_neighbours(run).class_recalls() for run in runs}
    own = {name: best_retrieved_classes(by_class) for name, by_class in recalls.items()}
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


def silhouette_table(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header, and a row for each run, split and choice of classes.

    There is a column for each number of classes.
    """
    choices = {"its own best": comparison.own_scores}
    if len(comparison.own) > 1:
        choices["best of all runs"] = comparison.shared_scores
    counts = list(next(iter(comparison.own_scores.values()))["query"])
    header = (f"silhouette ({comparison.metric})", "videos", "classes", *map(str, counts[:-1]), f"all {counts[-1]}")
    return header, [
        (name, SPLITS[split], choice, *(f"{score:.3f}" for score in by_split[split].values()))
        for choice, scores in choices.items() for split in SPLITS for name, by_split in scores.items()]


def panels(runs: Sequence[FeatureSet], classes: Sequence[int], metric: str) -> list[Panel]:
    """t-SNE of these classes, of the test and the training videos of every run."""
    from tqdm import tqdm

    parts = [(run.part(split, classes), SPLITS[split]) for split in SPLITS for run in runs]
    return [Panel(part, split, tsne(part.features), silhouette(part.features, part.labels, metric))
            for part, split in tqdm(parts, desc=f"t-SNE of {len(classes)} classes", unit="plot")]
