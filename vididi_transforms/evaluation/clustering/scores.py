"""Which classes are retrieved best, how far classes are apart, and points of the plane to look at."""
import numpy as np

from ..neighbours import Recalls

METRICS = ("euclidean", "cosine")


def best_retrieved_classes(*recalls: Recalls) -> list[int]:
    """Labels, best retrieved first: by recall at 1, of equal ones by recall at 5, at 10, then the smaller label.

    Args:
        recalls: of one run (appendix C.2 chooses each model's own classes); of several, their means count.

    Raises:
        ValueError: the runs have other classes.

    Example:
        >>> best_retrieved_classes({0: (0.5, 0.6, 0.9), 1: (0.8, 0.9, 0.9), 2: (0.5, 0.7, 0.7)})
        [1, 2, 0]
    """
    if any(other.keys() != recalls[0].keys() for other in recalls):
        raise ValueError("runs that are compared need query videos of the same classes: got labels "
                         + "; ".join(str(sorted(one)) for one in recalls))
    return sorted(recalls[0], key=lambda label: (*(-np.mean([one[label] for one in recalls], axis=0)), label))


def silhouette(features: np.ndarray, labels: np.ndarray, metric: str = "euclidean") -> float:
    """Mean over all videos of ``(b - a) / max(a, b)``, by scikit-learn.

    a is a video's mean distance to the others of its class, b the smallest mean distance to another class; a video
    that is alone in its class counts 0.

    Args:
        features: ``[N, D]``.
        labels: ``[N]``.
        metric: ``'euclidean'`` or ``'cosine'`` distance; the paper does not say which one it takes.

    Returns:
        in [-1, 1]; 1: classes are far from each other and narrow.

    Raises:
        ValueError: the metric is not known, there are fewer than two classes, or no class has two videos.

    Example:
        >>> round(silhouette(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1])), 3)
        0.889

    Source: paper Table 7, reference [68].
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}: got {metric!r}")
    if not 2 <= (classes := len(np.unique(labels))) < len(labels):
        raise ValueError("a silhouette needs at least two classes and one with two videos: got "
                         f"{classes} classes of {len(labels)} videos")
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(np.asarray(features, dtype=np.float64), labels, metric=metric))


def tsne(features: np.ndarray) -> np.ndarray:
    """Points of the plane whose neighbourhoods are those of the features: t-SNE by scikit-learn.

    It starts from a PCA, of which only the last digits are drawn, with a fixed seed: the same features give the same
    points on the same machine.

    Args:
        features: ``[N, D]``, N >= 4.

    Returns:
        ``[N, 2]``.

    Raises:
        ValueError: there are fewer than 4 videos.

    Source: paper Figures 4, 7 to 10, reference [67].
    """
    if len(features) < 4:
        raise ValueError(f"t-SNE needs at least 4 videos: got {len(features)}")
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    model = TSNE(perplexity=min(30.0, (len(features) - 1) / 3), init="pca", learning_rate="auto", random_state=0)
    with threadpool_limits(1):  # several threads wait for each other longer than they work, on a busy machine
        points: np.ndarray = model.fit_transform(np.asarray(features, dtype=np.float64))
    return points
