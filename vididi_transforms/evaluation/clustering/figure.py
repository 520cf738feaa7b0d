"""t-SNE as a figure with a legend, and as a table of points."""
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...data.files import write_figure
from ..colours import COLOURS, MARKERS
from ..features import FeatureSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Panel:
    """t-SNE of one run's videos of one split.

    Args:
        run: the N videos.
        split: ``test`` or ``train``.
        points: ``[N, 2]``, position of each video.
        silhouette: silhouette score of the features, not of the points.
    """

    run: FeatureSet
    split: str
    points: np.ndarray
    silhouette: float


def draw(panels: Sequence[Panel], classes: Sequence[int]) -> "Figure":
    """Draw one row of panels per split and one column per run.

    A class looks the same in all panels.

    Args:
        panels: one for each split and run: all runs of the first split, then all runs of the next.
        classes: labels in the order of the legend, at most ten.

    Raises:
        ValueError: If there are more classes than colours.
    """
    if len(classes) > len(COLOURS):
        raise ValueError(f"a figure has colours for {len(COLOURS)} classes: got {len(classes)}")
    from matplotlib.figure import Figure

    splits = list(dict.fromkeys(panel.split for panel in panels))
    columns = len(panels) // len(splits)
    figure = Figure(figsize=(3.4 * columns + 1.8, 3.5 * len(splits)), layout="constrained")
    axes = figure.subplots(len(splits), columns, squeeze=False)
    for axis, panel in zip(axes.flat, panels, strict=True):
        _scatter(axis, panel, classes)
    handles, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", title="class")
    return figure


def _scatter(axis, panel: Panel, classes: Sequence[int]) -> None:  # type: ignore[no-untyped-def]
    for label, colour, marker in zip(classes, COLOURS, MARKERS, strict=False):
        points = panel.points[panel.run.labels == label]
        axis.scatter(*points.T, s=24, c=colour, marker=marker, linewidths=0.3, edgecolors="black",
                     label=panel.run.classes[label])
    axis.set_title(f"{panel.run.name}, {panel.split}\nsilhouette {panel.silhouette:.3f}", fontsize=10)
    axis.set(xticks=[], yticks=[])


def save(figure: "Figure", path: Path) -> None:
    """Write ``path.png`` and ``path.svg``.

    The same figure gives the same files; text in the SVG stays text.
    """
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "vididi"}):
        for suffix, options in ((".png", {"dpi": 110}), (".svg", {"metadata": {"Date": None}})):
            write_figure(path.with_name(path.name + suffix), figure, **options)


def points_csv(panels: Sequence[Panel]) -> str:
    """CSV with one line per point: run, split, label, class, video, x, y."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", "split", "label", "class", "video", "x", "y"))
    for panel in panels:
        for label, video, (x, y) in zip(panel.run.labels.tolist(), panel.run.videos.tolist(), panel.points.tolist(),
                                        strict=True):
            writer.writerow((panel.run.name, panel.split, label, panel.run.classes[label], video, f"{x:.4f}",
                             f"{y:.4f}"))
    return text.getvalue()
