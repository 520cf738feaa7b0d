"""The page as a file."""
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from ...data.files import write_text
from ...evaluation.features import FeatureSet
from ...evaluation.neighbours import TOPK, Neighbours, chance_recalls, find_neighbours
from ...evaluation.tables import percent, recall_names
from ..html import page, paragraph
from .clips import FRAMES, Clips
from .queries import controls, query_item, shown_videos, spread
from .tables import class_table, confusion_table, recall_table

QUERIES = 100


def write_retrieval_page(runs: Sequence[FeatureSet], out: Path, root: Path = Path(), queries: int | None = None,
                         metric: str = "cosine", centre: bool = False) -> str:
    """Write an HTML file of queries with their five nearest videos.

    It also has the recall by class and confusion matrices.

    Args:
        runs: at least one run; all must have the same videos in the same order, and different names.
        out: path of the HTML file.
        root: folder that the names of videos are relative to: the one in which the tests ran.
        queries: number of queries to show, spread over the classes. None: 100, or one per class if that is more. All
            numbers count every query.
        metric, centre: as in :func:`vididi_transforms.evaluation.neighbours.find_neighbours`.

    Returns:
        The recalls, one line per run.

    Raises:
        ValueError: If there is no run, the runs have different videos, ``queries`` is < 1, or no video can be read.
        OSError: If ``out`` is a folder, or inside of a file.
    """
    if queries is not None and queries < 1:
        raise ValueError(f"queries must be >= 1: got {queries}")
    if out.is_dir():
        raise IsADirectoryError(f"out must be a file: {out} is a folder")
    _check_same_videos(runs)
    out.parent.mkdir(parents=True, exist_ok=True)  # fails before the minutes that reading clips takes
    neighbours = [find_neighbours(run, metric, centre) for run in runs]
    labels = neighbours[0].query.labels
    chosen = spread(labels, queries or max(QUERIES, len(np.unique(labels))))
    clips = Clips(root, shown_videos(neighbours, chosen))
    style, script = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    title = f"Video retrieval: {', '.join(run.name for run in runs)}"
    recalls = recall_table(neighbours, chance_recalls(runs[0]))
    sections = _sections(neighbours, chosen, clips, recalls, _comparison(metric, centre))
    write_text(out, page(title, sections, style + clips.rules(), script))
    return "\n".join(map(_line, neighbours))


def _sections(neighbours: Sequence[Neighbours], chosen: Sequence[int], clips: Clips, recalls: str,
              compared: str) -> dict[str, list[str]]:
    about = (f"Features are compared {compared}. The page shows {len(chosen)} of the {len(neighbours[0].hits)} "
             f"queries, spread over the classes, with their nearest videos. A clip has {FRAMES} frames: every third "
             "from the start of the video. All numbers count every query.")
    return {
        "Recall": [recalls, paragraph(about),
                   *(paragraph(f"{name} cannot be shown: {why}") for name, why in clips.problems.items())],
        "Queries and their nearest training videos": [
            controls(neighbours, chosen),
            '<ul class="queries">', *(query_item(neighbours, number, clips) for number in chosen), "</ul>"],
        "Recall by class": [class_table(neighbours)],
        "Confusion": [confusion_table(run) for run in neighbours],
    }


def _comparison(metric: str, centre: bool) -> str:
    measure = "Euclidean distance" if metric == "euclidean" else "cosine similarity"
    return f"by {measure}" + (", each split centred" if centre else "")


def _check_same_videos(runs: Sequence[FeatureSet]) -> None:
    if not runs:
        raise ValueError("a page needs at least one run: got none")
    for run in runs[1:]:
        different = [key for key in ("videos", "splits", "labels")
                     if not np.array_equal(getattr(run, key), getattr(runs[0], key))]
        if different:
            raise ValueError("runs on a page need the same videos, splits and labels in the same order: "
                             f"{run.name} and {runs[0].name} differ in {', '.join(different)}")


def _line(run: Neighbours) -> str:
    recalls = zip(recall_names(TOPK), map(percent, run.recalls()), strict=True)
    return f"{run.query.name}: " + ", ".join(map(" ".join, recalls))
