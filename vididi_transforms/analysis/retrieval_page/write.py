"""The page as a file."""
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from ...data.files import write_text
from ...evaluation.features import FeatureSet
from ...evaluation.neighbours import Neighbours, chance_recalls, find_neighbours
from ..html import page, paragraph, percent
from .clips import FRAMES, Clips
from .queries import controls, query_item, shown_videos, spread
from .tables import RECALLS, class_table, confusion_table, recall_table

QUERIES = 100


def write_retrieval_page(runs: Sequence[FeatureSet], out: Path, root: Path = Path(), queries: int | None = None,
                         metric: str = "cosine", center: bool = False) -> str:
    """Write the HTML file: queries with their five nearest videos, recall by class, confusion.

    Args:
        runs: of the same videos, at least one, each with its name.
        out: the file.
        root: the folder in which the tests ran, where names of videos are relative.
        queries: show the clips of this many, spread over the classes; None: of 100, or one of each class if that is
            more. Numbers are of all.
        metric, center: as :func:`vididi_transforms.evaluation.neighbours.find_neighbours`.

    Returns:
        A line for each run: its recalls.

    Raises:
        ValueError: there is no run, or runs are of other videos, ``queries`` is < 1, no video can be read.
        OSError: ``out`` is a folder, or below a file.
    """
    if queries is not None and queries < 1:
        raise ValueError(f"queries must be >= 1: got {queries}")
    if out.is_dir():
        raise IsADirectoryError(f"out must be a file: {out} is a folder")
    _check_same_videos(runs)
    out.parent.mkdir(parents=True, exist_ok=True)  # before the clips are read
    found = [find_neighbours(run, metric, center) for run in runs]
    labels = found[0].query.labels
    chosen = spread(labels, queries or max(QUERIES, len(np.unique(labels))))
    clips = Clips(root, shown_videos(found, chosen))
    near = ("distance" if metric == "euclidean" else "cosine similarity") + (", each split centred," if center else "")
    style, script = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    title = f"Video retrieval: {', '.join(run.name for run in runs)}"
    recalls = recall_table(found, chance_recalls(runs[0]))
    write_text(out, page(title, _sections(found, chosen, clips, recalls, near), style + clips.rules(), script))
    return "\n".join(map(_line, found))


def _sections(found: Sequence[Neighbours], chosen: Sequence[int], clips: Clips, recalls: str,
              near: str) -> dict[str, list[str]]:
    about = (f"Nearest by the {near} of the videos' features. Clips are shown of {len(chosen)} of the "
             f"{len(found[0].hits)} queries, spread over the classes, and of their nearest videos: {FRAMES} frames "
             "from the start, every third. Numbers are of all queries.")
    return {
        "Recall": [recalls, paragraph(about),
                   *(paragraph(f"{name} cannot be shown: {why}") for name, why in clips.problems.items())],
        "Queries and their nearest training videos": [
            controls(found, chosen),
            '<ul class="queries">', *(query_item(found, number, clips) for number in chosen), "</ul>"],
        "Recall by class": [class_table(found)],
        "Confusion": [confusion_table(one) for one in found],
    }


def _check_same_videos(runs: Sequence[FeatureSet]) -> None:
    if not runs:
        raise ValueError("a page needs at least one run: got none")
    for run in runs[1:]:
        other = [key for key in ("videos", "splits", "labels")
                 if not np.array_equal(getattr(run, key), getattr(runs[0], key))]
        if other:
            raise ValueError("a page shows runs on the same videos, in the same order and of the same classes: "
                             f"{run.name} has other {', '.join(other)} than {runs[0].name}")


def _line(one: Neighbours) -> str:
    recalls = zip(RECALLS, map(percent, one.recalls()), strict=True)
    return f"{one.query.name}: " + ", ".join(map(" ".join, recalls))
