"""How well classes separate in the latent space: Table 7 and Figures 4, 7 to 10 of the paper, of feature files.

``scores`` (silhouette, chosen classes, t-SNE) -> ``comparison`` (several runs) -> ``figure`` -> ``cli``. scikit-learn
and matplotlib are imported when they are needed.
"""
from .comparison import Comparison, compare, panels, table
from .figure import Panel, draw, points_csv, save
from .scores import best_retrieved_classes, silhouette, tsne

__all__ = [
    "Comparison",
    "Panel",
    "best_retrieved_classes",
    "compare",
    "draw",
    "panels",
    "points_csv",
    "save",
    "silhouette",
    "table",
    "tsne",
]
