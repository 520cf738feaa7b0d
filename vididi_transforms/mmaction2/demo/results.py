"""The demo's results as a table and a figure."""
from collections.abc import Mapping
from pathlib import Path

from ...analysis.derivative_strip import derivative_strip
from ...data.files import write_figure
from ...data.motions import MOTIONS, render
from ...evaluation.colours import BLUE, GRAY, VERMILION
from ...evaluation.neighbours import TOPK, chance_recall
from ...evaluation.tables import markdown_table, percent, recall_names
from .runs import Recalls

TRAIN, TEST = 480, 160  # number of videos
BAR_COLOURS = (GRAY, "#888888", BLUE, VERMILION)  # chance, untrained, and the two methods


def chance() -> Recalls:
    """Recalls of gallery videos chosen at random."""
    return {f"top{k}": chance_recall(TRAIN // len(MOTIONS), TRAIN, k) for k in TOPK}


def table(results: Mapping[str, Recalls], seconds: Mapping[str, float]) -> str:
    """The recalls in per cent and the time of training, as Markdown."""
    header = ("retrieval of motion videos", *recall_names(TOPK), "training")
    return "\n" + markdown_table(header, [
        (name, *(percent(recalls[f"top{k}"]) for k in TOPK), f"{seconds[name]:.0f} s" if name in seconds else "")
        for name, recalls in results.items()])


def draw(results: Mapping[str, Recalls], path: Path) -> None:
    """A video with its derivatives, and the recalls."""
    import numpy as np
    from matplotlib.figure import Figure

    video, _ = render("tumble", np.random.default_rng(5), frames=22, size=64)
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    top, bottom = figure.subplots(2, 1, height_ratios=[3, 2.4])
    top.imshow(derivative_strip(video[::3].transpose(0, 1)).numpy())
    top.set_yticks([32, 96, 160], ["frames", "1st derivative", "2nd derivative"])
    top.set_xticks([])
    top.set_title("One clip (class: tumble) and its temporal derivatives: the background is gone")
    for number, (name, recalls) in enumerate(results.items()):
        bars = bottom.bar(np.arange(len(TOPK)) + 0.2 * number, [100 * recalls[f"top{k}"] for k in TOPK], 0.18,
                          label=name, color=BAR_COLOURS[number])
        bottom.bar_label(bars, fmt="%.1f", fontsize=8)
    bottom.set(xticks=np.arange(len(TOPK)) + 0.3, xticklabels=recall_names(TOPK), ylabel="recall in %",
               ylim=(0, 108), title=f"Retrieval by motion: {TEST} test videos, {TRAIN} training videos")
    bottom.legend(ncols=4, loc="upper left")
    write_figure(path, figure, dpi=110)
