"""Recalls and confusion of all queries."""
from collections.abc import Sequence

import numpy as np

from ...evaluation.clustering import best_retrieved_classes
from ...evaluation.neighbours import TOPK, Neighbours
from ..html import Row, heads, percent, table, wide_table

RECALLS = tuple(f"R@{k}" for k in TOPK)


def recall_table(found: Sequence[Neighbours], chance: Sequence[float]) -> str:
    """Recalls of every run, and of videos drawn at random."""
    numbers = str(len(found[0].query.videos)), str(len(found[0].gallery.videos))
    recalls = {"(chance)": tuple(chance)} | {one.query.name: one.recalls() for one in found}
    rows: list[Row] = [(name, *map(percent, recall), *numbers) for name, recall in recalls.items()]
    return table("At least one of the k nearest training videos is of the query's class",
                 ("run", *RECALLS, "queries", "training videos"), rows)


def class_table(found: Sequence[Neighbours]) -> str:
    """Recalls of every class, best retrieved first."""
    recalls = [one.class_recalls() for one in found]
    query = found[0].query
    header = ("class", "queries", *(f"{name}, {one.query.name}" for one in found for name in RECALLS))
    rows: list[Row] = [(query.classes[label], str(int((query.labels == label).sum())),
                        *(percent(recall) for one in recalls for recall in one[label]))
                       for label in best_retrieved_classes(*recalls)]
    return table("Recall of each class, best retrieved by all runs first", header, rows)


def confusion_table(one: Neighbours) -> str:
    """Classes of the queries against those of their nearest videos; shaded by the share of the row."""
    counts, classes = one.confusion(), one.query.classes
    labels = sorted(classes)
    caption = f"{one.query.name}: queries of a class (row) by the class of the nearest training video (column)"
    rows = [(classes[label], _cells(counts[place], place)) for place, label in enumerate(labels)
            if counts[place].any()]
    return wide_table(caption, f"<td></td>{heads([classes[label] for label in labels])}", rows, "confusion")


def _cells(counts: np.ndarray, own: int) -> str:
    total = counts.sum()
    return "".join(f'<td{" class=own" if column == own else ""} style="--share: {count / total:.2f}">{count or ""}</td>'
                   for column, count in enumerate(counts.tolist()))
