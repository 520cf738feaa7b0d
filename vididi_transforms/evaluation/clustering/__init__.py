"""How well classes separate in feature space: silhouette scores and t-SNE.

Source: paper, Table 7 and Figures 4, 7 to 10.

Reading order: ``scores`` (silhouette, best retrieved classes, t-SNE), ``comparison`` (several runs), ``figure``,
``command``. scikit-learn and matplotlib are imported only where they are used.
"""
from .comparison import Comparison, compare, panels, silhouette_table
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
    "silhouette_table",
    "tsne",
]
