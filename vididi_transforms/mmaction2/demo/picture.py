"""The demo's picture: what the encoder sees, how the recalls grow, and what is found."""
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.derivative_strip import derivative_strip
from ...analysis.report.figures import draw_recalls
from ...analysis.report.work_dirs import read_run
from ...analysis.retrieval_page.queries import spread
from ...analysis.retrieval_page.thumbnails import thumbnail
from ...data.files import write_figure
from ...data.motions import MOTIONS, render
from ...evaluation.colours import BLUE, VERMILION
from ...evaluation.features import read_runs
from ...evaluation.neighbours import Neighbours, find_neighbours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

FRAMES = 5  # of a clip


def draw(work_dirs: Sequence[Path], path: Path) -> None:
    """Write the picture of tested runs.

    Args:
        work_dirs: those of the methods.
        path: the PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 10), layout="constrained")
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=[3.2, 6.8]).flat
    strip, recalls = top.subplots(1, 2, width_ratios=[4.6, 4])
    draw_strip(strip)
    draw_recalls(recalls, [read_run(folder) for folder in work_dirs], (VERMILION, BLUE))
    recalls.set_title("Test videos whose nearest training video\nshows the same motion", fontsize=10)
    draw_answers(bottom, [find_neighbours(run) for run in read_runs(work_dirs)])
    write_figure(path, figure, dpi=100)


def draw_strip(axis: "Axes") -> None:
    """A clip and its derivatives."""
    video, _ = render("tumble", np.random.default_rng(5), frames=22, size=64)
    axis.imshow(derivative_strip(video[::3].transpose(0, 1)).numpy(), aspect="auto")
    axis.set(xticks=[], yticks=[32, 96, 160])
    axis.set_yticklabels(["frames", "1st\nderivative", "2nd\nderivative"])
    axis.set_title("In the derivatives of a clip the background is gone", fontsize=10)


def draw_answers(figure: "SubFigure", found: Sequence[Neighbours]) -> None:
    """The first test video of every class, and the nearest training video of every run."""
    query = found[0].query
    chosen = spread(query.labels, len(MOTIONS))
    axes = figure.subplots(len(chosen), 1 + len(found))
    for axis, title in zip(axes[0], ("test video", *(f"nearest with {run.query.name}" for run in found)), strict=True):
        axis.set_title(title, fontsize=10, weight="bold")
    for row, number in zip(axes, chosen, strict=True):
        _show(row[0], query.videos[number], query.classes[int(query.labels[number])], "black")
        for axis, run in zip(row[1:], found, strict=True):
            index, hit = run.indices[number, 0], run.hits[number, 0]
            name = run.gallery.classes[int(run.gallery.labels[index])]
            _show(axis, run.gallery.videos[index], f"{'✓' if hit else '✗'} {name}", BLUE if hit else VERMILION)


def _show(axis: "Axes", video: Any, text: str, colour: str) -> None:
    from PIL import Image

    axis.imshow(np.asarray(Image.open(io.BytesIO(thumbnail(Path(video), FRAMES, 6, 64).webp)).convert("RGB")))
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(text, color=colour, fontsize=9, labelpad=2)
    axis.spines[:].set(color=colour, linewidth=2.5)
