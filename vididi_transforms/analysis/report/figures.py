"""Curves of retrieval and of losses, and derivative orders by epoch."""
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...evaluation.colours import BLUE, COLOURS, VERMILION
from ...evaluation.neighbours import chance_recalls
from ...evaluation.tables import percent
from .work_dirs import Run, Scalars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = ("-", "--", ":", "-.")


def png(figure: "Figure") -> bytes:
    """The figure as a PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


RECALL = "retrieval/top1"


def recall_curves(runs: Sequence[Run]) -> "Figure":
    """The figure of :func:`draw_recalls`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    draw_recalls(figure.subplots(), runs)
    return figure


def draw_recalls(axis: "Axes", runs: Sequence[Run], colours: Sequence[str] = COLOURS) -> None:
    """R@1 of the validations during training, one line for each run that has some; dotted: by chance."""
    for number, run in enumerate(runs):
        lines = [line for line in run.validations if RECALL in line]
        if lines:
            colour = colours[number % len(colours)]
            axis.plot([line["step"] for line in lines], [100 * line[RECALL] for line in lines], "o-", color=colour)
            axis.annotate(f"{run.name}\n{percent(lines[-1][RECALL])}", (lines[-1]["step"], 100 * lines[-1][RECALL]),
                          xytext=(0, 6), textcoords="offset points", ha="right", color=colour, weight="bold")
    for chance in {chance_recalls(run.features)[0] for run in runs if run.features}:
        axis.axhline(100 * chance, color="black", linestyle=":", linewidth=1)
        axis.annotate("chance", (1, 100 * chance), xycoords=("axes fraction", "data"), ha="right", va="top", fontsize=8)
    axis.set(xlabel="epoch" if any("epoch" in line for run in runs for line in run.training) else "step",
             ylabel="R@1 in %", ylim=(0, 100))
    axis.spines[["top", "right"]].set_visible(False)


def curves(runs: Sequence[Run]) -> "Figure":
    """One panel for each logged loss, one line for each run."""
    from matplotlib.figure import Figure

    keys = list(dict.fromkeys(key for run in runs for line in run.training for key in line if key.startswith("loss")))
    columns = min(len(keys), 2)
    height = -(-len(keys) // columns)
    figure = Figure(figsize=(4.6 * columns, 2.9 * height), layout="constrained")
    axes = list(figure.subplots(height, columns, squeeze=False).flat)
    for axis, key in zip(axes, keys, strict=False):
        for number, run in enumerate(runs):
            lines = [line for line in run.training if key in line]
            axis.plot([line["step"] for line in lines], [line[key] for line in lines], label=run.name,
                      color=COLOURS[number % len(COLOURS)], linestyle=STYLES[number % len(STYLES)])
        axis.set(title=key, xlabel="step")
    for axis in axes[len(keys):]:
        axis.remove()
    figure.axes[0].legend()
    return figure


def orders(runs: Sequence[Run]) -> "Figure":
    """One panel for each run: the derivative orders of both views at the logged steps."""
    from matplotlib.figure import Figure

    keys = ("vididi_order1", "vididi_order2")
    highest = max(2, *(int(line[key]) for run in runs for line in run.training for key in keys))
    figure = Figure(figsize=(9, 1.7 * len(runs) * (highest + 1) / 3), layout="constrained")
    axes = figure.subplots(len(runs), 1, squeeze=False).flat
    for axis, run in zip(axes, runs, strict=True):
        epochs, name = epochs_of(run.training)
        for view, key, shift, marker, colour in ((1, keys[0], 0.1, "o", BLUE), (2, keys[1], -0.1, "x", VERMILION)):
            values = [line[key] + shift for line in run.training]
            axis.plot(epochs, values, marker, ms=4, color=colour, label=f"view {view}")
        axis.set(title=run.name, ylabel="order", yticks=range(highest + 1), ylim=(-0.4, highest + 0.4))
    axes[-1].set_xlabel(name)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper")
    return figure


def epochs_of(training: Sequence[Scalars]) -> tuple[list[float], str]:
    """Positions of the logged steps, and their unit: epochs if logged, else steps.

    Example:
        >>> epochs_of([dict(step=15, epoch=1), dict(step=20, epoch=1), dict(step=30, epoch=2)])
        ([0.75, 1.0, 1.5], 'epoch')
    """
    if "epoch" not in training[-1]:
        return [line["step"] for line in training], "step"
    length = max(line["step"] / line["epoch"] for line in training)  # reached at the end of every epoch
    return [line["step"] / length for line in training], "epoch"
