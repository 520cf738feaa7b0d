"""Queries with their nearest videos, and the form that filters them."""
from collections.abc import Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import PurePath

import numpy as np

from ...evaluation.neighbours import Neighbours
from .clips import Clips

NEAREST = 5
WORDS = {True: "right", False: "wrong"}
SIGNS = {True: "✓", False: "✗"}


def spread(labels: np.ndarray, number: int) -> list[int]:
    """Indices of at most ``number`` videos, ordered by class.

    They are spread over the classes as evenly as possible.

    Example:
        >>> spread(np.array([0, 0, 0, 0, 1, 2, 1, 0]), 5)
        [0, 1, 4, 6, 5]
    """
    by_class = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    in_turn = [index for turn in zip_longest(*by_class) for index in turn if index is not None]
    chosen = set(in_turn[:number])
    return [index for videos in by_class for index in videos if index in chosen]


def shown_videos(neighbours: Sequence[Neighbours], chosen: Sequence[int]) -> list[str]:
    """Names of the chosen queries and of their nearest videos in all runs."""
    answers = [run.gallery.videos[run.indices[chosen, :NEAREST]].ravel() for run in neighbours]
    names: list[str] = np.concatenate([neighbours[0].query.videos[chosen], *answers]).tolist()
    return names


def controls(neighbours: Sequence[Neighbours], chosen: Sequence[int]) -> str:
    """A form that filters queries by class and by right or wrong nearest videos.

    It is hidden unless scripts run; without them, all queries are shown.
    """
    query = neighbours[0].query
    classes = {str(label): query.classes[label] for label in np.unique(query.labels[chosen]).tolist()}
    words = {word: word for word in WORDS.values()}
    return "\n".join(["<form hidden>", _select("class", "Class", classes),
                      *(_select(f"run{number}", f"Nearest video in {run.query.name}", words)
                        for number, run in enumerate(neighbours)),
                      '<button type="button"></button><output></output></form>'])


def _select(name: str, text: str, choices: Mapping[str, str]) -> str:
    options = "".join(f'<option value="{value}">{escape(word)}</option>' for value, word in choices.items())
    return f'<label>{escape(text)}<select name="{name}"><option value="">all</option>{options}</select></label>'


def query_item(neighbours: Sequence[Neighbours], number: int, clips: Clips) -> str:
    """A query and its nearest videos in every run."""
    query = neighbours[0].query
    label, video = int(query.labels[number]), str(query.videos[number])
    firsts = "".join(f' data-run{place}="{WORDS[bool(run.hits[number, 0])]}"' for place, run in enumerate(neighbours))
    answers = "".join(f'<h4>{escape(run.query.name)}</h4><ol class="answers">{_answers(run, number, clips)}</ol>'
                      for run in neighbours)
    return (f'<li class="query" data-class="{label}"{firsts}>'
            f"<h3>{escape(query.classes[label])}: {escape(PurePath(video).name)}</h3>"
            f"<div>{clips.show(video, 'query')}</div><div>{answers}</div></li>")


def _answers(run: Neighbours, number: int, clips: Clips) -> str:
    items = []
    for index, hit in zip(run.indices[number, :NEAREST], run.hits[number, :NEAREST].tolist(), strict=True):
        clip = clips.show(str(run.gallery.videos[index]), "training video")
        name = run.gallery.classes[int(run.gallery.labels[index])]
        items.append(f'<li class="{WORDS[hit]}">{clip}{SIGNS[hit]} {WORDS[hit]}: {escape(name)}</li>')
    return "".join(items)
