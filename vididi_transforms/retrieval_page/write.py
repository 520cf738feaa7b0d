"""The page as a file."""
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from ..features import FeatureSet
from ..neighbours import Neighbours, find_neighbours
from ..prepare.files import write_text
from ..report.page import page, paragraph
from .clips import Clips
from .queries import controls, query_item, shown_videos, spread
from .tables import RECALLS, class_table, confusion_table, percent, recall_table


def write_retrieval_page(runs: Sequence[FeatureSet], out: Path, root: Path = Path(), queries: int = 100,
                         metric: str = "cosine", center: bool = False) -> str:
    """Write the HTML file: queries with their five nearest videos, recall by class, confusion.

    Args:
        runs: of the same videos, each with its name.
        out: the file.
        root: the folder in which the tests ran, where names of videos are relative.
        queries: show the clips of this many, evenly spread over the classes. Numbers are of all.
        metric, center: as :func:`vididi_transforms.neighbours.find_neighbours`.

    Returns:
        A line for each run: its recalls.

    Raises:
        ValueError: runs are of other videos, ``queries`` is < 1, no video can be read.
    """
    if queries < 1:
        raise ValueError(f"queries must be >= 1: got {queries}")
    _check_same_videos(runs)
    found = [find_neighbours(run, metric, center) for run in runs]
    chosen = spread(found[0].query.labels, queries)
    clips = Clips(root, shown_videos(found, chosen))
    near = ("distance" if metric == "euclidean" else "cosine similarity") + (", each split centred," if center else "")
    sections = {
        "Recall": [recall_table(found),
                   paragraph(f"Nearest by the {near} of the videos' features. Clips are shown of {len(chosen)} of the "
                             f"{len(found[0].hits)} queries, evenly spread over the classes; numbers are of all."),
                   *(paragraph(f"{name} cannot be shown: {why}") for name, why in clips.problems.items())],
        "Queries and their nearest training videos": [
            controls(found), '<ul class="queries">', *(query_item(found, number, clips) for number in chosen), "</ul>"],
        "Recall by class": [class_table(found)],
        "Confusion": [confusion_table(one) for one in found],
    }
    style, script = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    title = f"Video retrieval: {', '.join(run.name for run in runs)}"
    write_text(out, page(title, sections, style + clips.rules(), script))
    return "\n".join(map(_line, found))


def _check_same_videos(runs: Sequence[FeatureSet]) -> None:
    for run in runs:
        if not np.array_equal(run.videos, runs[0].videos) or not np.array_equal(run.splits, runs[0].splits):
            raise ValueError(f"a page shows runs on the same videos in the same order: {runs[0].name} has "
                             f"{len(runs[0].videos)} from {runs[0].videos[0]} on, {run.name} {len(run.videos)} from "
                             f"{run.videos[0]} on")


def _line(one: Neighbours) -> str:
    recalls = zip(RECALLS, percent(one.recalls()), strict=True)
    return f"{one.query.name}: " + ", ".join(map(" ".join, recalls))
