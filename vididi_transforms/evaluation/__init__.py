"""What a trained encoder's features are worth, in numbers.

Reading order: ``features`` (feature files), ``retrieval`` (nearest neighbours and recall), ``neighbours`` (both, per
class), ``clustering/`` (silhouette and t-SNE).
May import: ``data``; scikit-learn and matplotlib inside the functions that need them.
"""
from .retrieval import nearest, recall_at_k

__all__ = ["nearest", "recall_at_k"]
