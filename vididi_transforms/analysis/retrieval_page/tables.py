"""Tables over all queries: recall and confusion."""
from collections.abc import Sequence

import numpy as np

from ...evaluation.clustering import best_retrieved_classes
from ...evaluation.neighbours import TOPK, Neighbours
from ...evaluation.tables import percent, recall_names
from ..html import Row, column_heads, scrolling_table, table


def recall_table(neighbours: Sequence[Neighbours], chance: Sequence[float]) -> str:
    """Recall of every run, and of gallery videos chosen at random."""
    numbers = str(len(neighbours[0].query.videos)), str(len(neighbours[0].gallery.videos))
    recalls = {"(chance)": tuple(chance)} | {run.query.name: run.recalls() for run in neighbours}
    rows: list[Row] = [(name, *map(percent, recall), *numbers) for name, recall in recalls.items()]
    return table("Share of queries with a video of their class among the k nearest training videos",
                 ("run", *recall_names(TOPK), "queries", "training videos"), rows)


def class_table(neighbours: Sequence[Neighbours]) -> str:
    """Recall of every class, best retrieved first."""
    recalls = [run.class_recalls() for run in neighbours]
    query = neighbours[0].query
    header = ("class", "queries", *(f"{name}, {run.query.name}" for run in neighbours for name in recall_names(TOPK)))
    rows: list[Row] = [(query.classes[label], str(int((query.labels == label).sum())),
                        *(percent(recall) for by_class in recalls for recall in by_class[label]))
                       for label in best_retrieved_classes(*recalls)]
    return table("Recall of each class, best retrieved by all runs first", header, rows)


def confusion_table(run: Neighbours) -> str:
    """Classes of the queries by the classes of their nearest videos.

    Cells are shaded by their share of the row.
    """
    counts, classes = run.confusion(), run.query.classes
    labels = sorted(classes)
    caption = f"{run.query.name}: queries of a class (row) by the class of the nearest training video (column)"
    rows = [(classes[label], _cells(counts[place], place)) for place, label in enumerate(labels)
            if counts[place].any()]
    return scrolling_table(caption, f"<td></td>{column_heads([classes[label] for label in labels])}", rows,
                           css_class="wide confusion")


def _cells(counts: np.ndarray, own: int) -> str:
    total = counts.sum()
    return "".join(f'<td{" class=own" if column == own else ""} style="--share: {count / total:.2f}">{count or ""}</td>'
                   for column, count in enumerate(counts.tolist()))
