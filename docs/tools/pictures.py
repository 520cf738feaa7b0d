"""Draws the pictures of ``docs/method.md``: ``python docs/tools/pictures.py``."""
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

import vididi_transforms as vt
from vididi_transforms.analysis.derivative_strip import derivative_strip
from vididi_transforms.data.motions import render
from vididi_transforms.evaluation.colours import BLUE, COLOURS, GRAY, VERMILION

OUT = Path(__file__).parents[1] / "pictures"
ORDER_COLOURS = (GRAY, BLUE, VERMILION, *(colour for colour in COLOURS if colour not in (BLUE, VERMILION)))
EPOCHS, STEPS = 12, 10


def derivatives() -> plt.Figure:
    """Two motions and their derivatives."""
    figure, panels = plt.subplots(2, 1, figsize=(9, 7.2), layout="constrained")
    for panel, motion, seed in zip(panels, ("slide-x", "tumble"), (3, 5), strict=True):
        video, _ = render(motion, np.random.default_rng(seed), frames=22, size=64)
        panel.imshow(derivative_strip(video[::3].transpose(0, 1)).numpy())
        panel.set(title=f"class: {motion}", xticks=[], yticks=[32, 96, 160])
        panel.set_yticklabels(["frames", "1st derivative", "2nd derivative"])
    return figure


def schedules(shown: Mapping[str, vt.Schedule] = vt.SCHEDULES) -> plt.Figure:
    """Derivative orders of both views at each step of the first epochs, for every row of Table 6."""
    orders = {}
    for name, schedule in shown.items():
        selector = vt.PairSelector(schedule, seed=0)
        orders[name] = torch.tensor([selector.orders(epoch, step) for epoch in range(EPOCHS) for step in range(STEPS)])
    colours = ORDER_COLOURS[:max(int(values.max()) for values in orders.values()) + 1]
    figure, panels = plt.subplots(len(orders), 1, figsize=(9, 8), sharex=True, layout="constrained", squeeze=False)
    for panel, (name, values) in zip(panels.flat, orders.items(), strict=True):
        panel.imshow(values.T.numpy(), aspect="auto", cmap=ListedColormap(colours), vmin=0, vmax=len(colours) - 1,
                     interpolation="nearest", extent=(0, EPOCHS, 1.5, -0.5))
        panel.set(yticks=[0, 1], yticklabels=["view 1", "view 2"], xticks=range(EPOCHS + 1))
        panel.set_title(name, loc="left", fontsize=9, pad=2)
        panel.vlines(range(1, EPOCHS), -0.5, 1.5, color="white", linewidth=0.8)
    panels[-1, 0].set_xlabel(f"epochs ({STEPS} steps each)")
    figure.legend(handles=[Patch(color=colour, label=f"order {order}") for order, colour in enumerate(colours)],
                  loc="outside upper center", ncols=len(colours), frameon=False)
    return figure


def main() -> None:
    """Write the pictures."""
    OUT.mkdir(exist_ok=True)
    for draw in (derivatives, schedules):
        figure = draw()
        figure.savefig(OUT / f"{draw.__name__}.png", dpi=110, metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    main()
