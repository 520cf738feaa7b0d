"""Classifiers on frozen features: how much do a few labels tell?"""
from collections.abc import Iterable

import numpy as np

from .features import FeatureSet

CLASSIFIERS = ("linear", "nearest neighbours")
Accuracies = dict[str, dict[int | None, list[float]]]
"""Classifier to number of labels per class to test accuracies, one per choice of labelled videos."""


def probe(videos: FeatureSet, per_class: Iterable[int | None] = (1, 5, 10, None), repeats: int = 10,
          seed: int = 0) -> Accuracies:
    """Test accuracies of a linear classifier and of nearest neighbours, fitted on labelled gallery videos.

    The linear classifier is scikit-learn's logistic regression on standardised features; the neighbours are up to five,
    by cosine similarity. Neither has a setting that is chosen with test videos.

    Args:
        videos: features with gallery (training) and query (test) videos.
        per_class: numbers of labelled videos per class. None: all.
        repeats: random choices of the labelled videos, with None one.
        seed: seed of the choices; they are the same for all encoders of the same videos.

    Returns:
        Accuracies in [0, 1].

    Raises:
        ValueError: If a class has fewer gallery videos than asked for, or there is only one class.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.arange(40) % 2
        >>> videos = FeatureSet("run", rng.normal(size=(40, 4)) + 20 * np.eye(4)[labels], labels,
        ...                     np.repeat(["gallery", "query"], 20), np.arange(40).astype(str), {0: "a", 1: "b"})
        >>> probe(videos, per_class=[5, None], repeats=2)
        {'linear': {5: [1.0, 1.0], None: [1.0]}, 'nearest neighbours': {5: [1.0, 1.0], None: [1.0]}}
    """
    train, test = videos.part("gallery"), videos.part("query")
    smallest = min((train.labels == label).sum() for label in videos.classes)
    if len(videos.classes) < 2:
        raise ValueError(f"a probe needs at least two classes: got {', '.join(videos.classes.values())}")
    found: Accuracies = {name: {} for name in CLASSIFIERS}
    for number in per_class:
        if number is not None and not 1 <= number <= smallest:
            raise ValueError(f"labels per class must be between 1 and {smallest}, the gallery videos of the smallest "
                             f"class: got {number}")
        rng = np.random.default_rng(seed)
        chosen = [_choose(train.labels, number, rng) for _ in range(repeats if number else 1)]
        for name in CLASSIFIERS:
            found[name][number] = [_accuracy(name, train, labelled, test) for labelled in chosen]
    return found


def _choose(labels: np.ndarray, number: int | None, rng: np.random.Generator) -> np.ndarray:
    """Indices of ``number`` random videos of each class."""
    return np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:number] for label in np.unique(labels)])


def _accuracy(name: str, train: FeatureSet, labelled: np.ndarray, test: FeatureSet) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fewest = min(np.unique(train.labels[labelled], return_counts=True)[1])
    classifier = (make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)) if name == "linear" else
                  KNeighborsClassifier(min(5, fewest), metric="cosine", weights="distance"))
    classifier.fit(train.features[labelled], train.labels[labelled])
    return float(classifier.score(test.features, test.labels))
