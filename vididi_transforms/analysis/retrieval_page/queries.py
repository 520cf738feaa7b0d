"""Queries with their nearest videos, and the controls that filter them."""
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import PurePath

import numpy as np

from ...evaluation.neighbours import Neighbours
from .clips import Clips

NEAREST = 5
WORDS = {True: "right", False: "wrong"}
SIGNS = {True: "✓", False: "✗"}


def spread(labels: np.ndarray, number: int) -> list[int]:
    """Indices of at most ``number`` videos, by class; each class has as many as the others, if it can.

    Example:
        >>> spread(np.array([0, 0, 0, 0, 1, 2, 1, 0]), 5)
        [0, 1, 4, 6, 5]
    """
    ranks: list[tuple[int, int, int]] = []  # within the class; the class; the video
    for label in np.unique(labels).tolist():
        ranks += [(rank, label, index) for rank, index in enumerate(np.flatnonzero(labels == label).tolist())]
    return [index for _, rank, index in sorted((label, rank, index) for rank, label, index in sorted(ranks)[:number])]


def shown_videos(found: Sequence[Neighbours], chosen: Sequence[int]) -> list[str]:
    """Names of the chosen queries and of their nearest videos."""
    answers = [one.gallery.videos[one.indices[chosen, :NEAREST]].ravel() for one in found]
    names: list[str] = np.concatenate([found[0].query.videos[chosen], *answers]).tolist()
    return names


def controls(found: Sequence[Neighbours], chosen: Sequence[int]) -> str:
    """Choices of a class and of what each run finds. Without scripts they stay hidden, and all queries are shown."""
    query = found[0].query
    classes = {str(label): query.classes[label] for label in np.unique(query.labels[chosen]).tolist()}
    words = {word: word for word in WORDS.values()}
    return "\n".join(["<form hidden>", _select("class", "Class", classes),
                      *(_select(f"run{number}", f"Nearest of {one.query.name}", words)
                        for number, one in enumerate(found)),
                      '<button type="button"></button><output></output></form>'])


def _select(name: str, text: str, choices: Mapping[str, str]) -> str:
    options = "".join(f'<option value="{value}">{escape(word)}</option>' for value, word in choices.items())
    return f'<label>{escape(text)}<select name="{name}"><option value="">all</option>{options}</select></label>'


def query_item(found: Sequence[Neighbours], number: int, clips: Clips) -> str:
    """A query, and its nearest videos of every run."""
    query = found[0].query
    label, video = int(query.labels[number]), str(query.videos[number])
    firsts = "".join(f' data-run{run}="{WORDS[bool(one.hits[number, 0])]}"' for run, one in enumerate(found))
    answers = "".join(f'<h4>{escape(one.query.name)}</h4><ol class="answers">{_answers(one, number, clips)}</ol>'
                      for one in found)
    return (f'<li class="query" data-class="{label}"{firsts}>'
            f"<h3>{escape(query.classes[label])}: {escape(PurePath(video).name)}</h3>"
            f"<div>{clips.show(video, 'query')}</div><div>{answers}</div></li>")


def _answers(one: Neighbours, number: int, clips: Clips) -> str:
    items = []
    for index, hit in zip(one.indices[number, :NEAREST], one.hits[number, :NEAREST].tolist(), strict=True):
        clip = clips.show(str(one.gallery.videos[index]), "training video")
        name = one.gallery.classes[int(one.gallery.labels[index])]
        items.append(f'<li class="{WORDS[hit]}">{clip}{SIGNS[hit]} {WORDS[hit]}: {escape(name)}</li>')
    return "".join(items)
