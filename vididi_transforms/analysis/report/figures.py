"""Training curves, and derivative orders by epoch, of the logged steps."""
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...evaluation.colours import BLUE, COLOURS, VERMILION
from .work_dirs import Run, Scalars

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = ("-", "--", ":", "-.")


def png(figure: "Figure") -> bytes:
    """The figure as a PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


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
