"""Numbers about an encoder's features: retrieval, silhouette scores, t-SNE.

Reading order: ``features`` (feature files), ``retrieval`` (nearest neighbours and recall), ``neighbours`` (recall by
class, confusion), ``clustering/`` (silhouette and t-SNE), ``probe`` (classifiers on frozen features). Results share
``tables``, ``colours`` and ``provenance``.
May import: ``objectives``, ``data`` and ``checks``; scikit-learn and matplotlib only inside the functions that need
them.
"""
from .retrieval import nearest, recall_at_k

__all__ = ["nearest", "recall_at_k"]
