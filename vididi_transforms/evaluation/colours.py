"""Colours of all figures and pages, chosen for colour-blind people too."""

# The first ones differ most. Figures give each class a marker as well.
COLOURS = ("#0072b2", "#e69f00", "#000000", "#cc79a7", "#009e73", "#56b4e9", "#d55e00", "#882255", "#999999", "#f0e442")
MARKERS = "osD^vXP*<>"
BLUE, VERMILION = COLOURS[0], COLOURS[6]  # where only two things are compared, such as right and wrong
GRAY = "#bbbbbb"  # for baselines: chance, frames
