"""The first table of the report: all runs side by side."""
from collections.abc import Mapping, Sequence

from ...evaluation.neighbours import TOPK
from ...evaluation.tables import percent, recall_names
from ..html import Row
from .clusters import CLASSES, Cluster
from .work_dirs import Run

NONE = "-"


def recall_columns(runs: Sequence[Run]) -> list[int]:
    """Every k that a run has a recall of; 1, 5 and 10 if no run has any."""
    return sorted({k for run in runs for one in run.retrieval.values() for k in one.recalls} or TOPK)


def recall_cells(recalls: Mapping[int, float], columns: Sequence[int]) -> list[str]:
    """Recalls in per cent, in the order of the columns."""
    return [percent(recalls[k]) if k in recalls else NONE for k in columns]


def overview_header(columns: Sequence[int]) -> Row:
    """Names of the columns."""
    return ("run", *recall_names(columns), f"silhouette of {CLASSES} classes", "of all", "attention on motion", "steps",
            "last loss")


def overview_rows(run: Run, clusters: Sequence[Cluster], columns: Sequence[int]) -> list[Row]:
    """One row for each retrieval protocol of the run, at least one row."""
    rest = (*_silhouettes(run, clusters), attention_share(run), *_last_step(run))
    if len(run.retrieval) < 2:
        recalls = next(iter(run.retrieval.values())).recalls if run.retrieval else {}
        return [(run.name, *recall_cells(recalls, columns), *rest)]
    return [(f"{run.name} ({protocol})", *recall_cells(result.recalls, columns), *rest)
            for protocol, result in run.retrieval.items()]


def attention_share(run: Run) -> str:
    """Mean share of the attention on moving pixels, in per cent."""
    return percent(run.attention["attention_on_motion"]["mean"]) if run.attention else NONE


def _silhouettes(run: Run, clusters: Sequence[Cluster]) -> tuple[str, str]:
    """Of the test videos of the best retrieved classes, and of all classes."""
    for comparison, _ in clusters:
        if run.name in comparison.own_scores:
            scores = comparison.own_scores[run.name]["query"]
            few = f"{scores[CLASSES]:.3f}" if CLASSES in scores else NONE
            return few, f"{scores[max(scores)]:.3f}"
    return NONE, NONE


def _last_step(run: Run) -> tuple[str, str]:
    if not run.training:
        return NONE, NONE
    return f"{run.training[-1]['step']:.0f}", f"{run.training[-1]['loss']:.4g}"
