"""Best retrieved classes, silhouette score, and t-SNE."""
import numpy as np

from ..neighbours import Recalls

METRICS = ("euclidean", "cosine")


def best_retrieved_classes(*recalls: Recalls) -> list[int]:
    """Labels, best retrieved first, by R@1.

    Ties are broken by R@5, then R@10, then the smaller label.

    Args:
        recalls: recalls by class, of one run (paper, appendix C.2) or of several, whose means are compared.

    Raises:
        ValueError: If the runs have different classes.

    Example:
        >>> best_retrieved_classes({0: (0.5, 0.6, 0.9), 1: (0.8, 0.9, 0.9), 2: (0.5, 0.7, 0.7)})
        [1, 2, 0]
    """
    if any(other.keys() != recalls[0].keys() for other in recalls):
        raise ValueError("runs that are compared need query videos of the same classes: got labels "
                         + "; ".join(str(sorted(one)) for one in recalls))
    return sorted(recalls[0], key=lambda label: (*(-np.mean([one[label] for one in recalls], axis=0)), label))


def silhouette(features: np.ndarray, labels: np.ndarray, metric: str = "euclidean") -> float:
    """Silhouette score, computed by scikit-learn.

    It is the mean over all videos of ``(b - a) / max(a, b)``.

    a is a video's mean distance to the other videos of its class, b its smallest mean distance to another class. A
    video that is alone in its class counts as 0, and so does a video with ``a = b = 0``: equal features score 0.

    Args:
        features: ``[N, D]``.
        labels: ``[N]``.
        metric: ``'euclidean'`` or ``'cosine'`` distance; the paper does not specify it.

    Returns:
        A number in [-1, 1]. At 1, classes are compact and far from each other.

    Raises:
        ValueError: If the metric is unknown, there are fewer than two classes, or no class has two videos.

    Example:
        >>> round(silhouette(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1])), 3)
        0.889

    Source: paper Table 7, reference [68].
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}: got {metric!r}")
    if not 2 <= (classes := len(np.unique(labels))) < len(labels):
        raise ValueError("a silhouette needs at least two classes, and one of them with two videos: got "
                         f"{classes} classes of {len(labels)} videos")
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(np.asarray(features, dtype=np.float64), labels, metric=metric))


def tsne(features: np.ndarray) -> np.ndarray:
    """Map features to points of the plane by scikit-learn's t-SNE.

    t-SNE keeps near videos near.

    It is initialised by PCA and has a fixed seed: on the same machine, the same features give the same points. If all
    features are equal, all points are (0, 0).

    Args:
        features: ``[N, D]``, N >= 4.

    Returns:
        Points, ``[N, 2]``.

    Raises:
        ValueError: If there are fewer than 4 videos.

    Source: paper Figures 4, 7 to 10, reference [67].
    """
    if len(features) < 4:
        raise ValueError(f"t-SNE needs at least 4 videos: got {len(features)}")
    features = np.asarray(features, dtype=np.float64)
    extent = np.ptp(features, axis=0).max()
    if extent == 0:  # scikit-learn divides by it, and the process may crash
        return np.zeros((len(features), 2), dtype=np.float32)
    if not 1e-10 < extent < 1e10:  # the PCA of scikit-learn's t-SNE is in float32
        features = (features - features.mean(0)) / extent
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    model = TSNE(perplexity=min(30.0, (len(features) - 1) / 3), init="pca", learning_rate="auto", random_state=0)
    with threadpool_limits(1):  # on a busy machine, several threads mostly wait for each other
        points: np.ndarray = model.fit_transform(features)
    return points
