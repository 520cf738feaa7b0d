"""Probes: accuracies on features whose classes are known to be separable, or not to be."""
import numpy as np
import pytest

from vididi_transforms.evaluation.features import FeatureSet
from vididi_transforms.evaluation.probe import CLASSIFIERS, probe

CLASSES = {3: "a", 5: "b", 6: "c"}


def videos(distance, count=600, dims=8, seed=0):
    """Classes around different points, ``distance`` standard deviations from the mean."""
    rng = np.random.default_rng(seed)
    labels = np.array(list(CLASSES))[np.arange(count) % 3]
    centres = dict(zip(CLASSES, np.linalg.qr(rng.normal(size=(dims, 3)))[0].T, strict=True))
    features = rng.normal(size=(count, dims)) + distance * np.stack([centres[label] for label in labels])
    splits = np.where(np.arange(count) % 2, "gallery", "query")
    return FeatureSet("run", features.astype(np.float32), labels, splits, np.arange(count).astype(str), CLASSES)


@pytest.mark.parametrize(("distance", "low", "high"), [(20, 1, 1), (0, 0.2, 0.47)])
def test_accuracies_are_those_of_the_classes(distance, low, high):
    for by_number in probe(videos(distance), repeats=4).values():
        assert list(by_number) == [1, 5, 10, None]
        assert [len(values) for values in by_number.values()] == [4, 4, 4, 1]
        assert all(low <= value <= high for values in by_number.values() for value in values)


def test_more_labels_help():
    for by_number in probe(videos(2.5)).values():
        means = [np.mean(values) for values in by_number.values()]
        assert means == sorted(means)
        assert means[-1] > means[0] + 0.1


def test_one_label_per_class_is_the_nearest_video():
    """With one neighbour, by cosine similarity, the reference is a search."""
    found = videos(2.5)
    train, test = found.part("gallery"), found.part("query")
    rng = np.random.default_rng(7)
    labelled = np.concatenate([rng.permutation(np.flatnonzero(train.labels == label))[:1] for label in CLASSES])
    unit = [part.features / np.linalg.norm(part.features, axis=1, keepdims=True) for part in (test, train)]
    nearest = train.labels[labelled][(unit[0] @ unit[1][labelled].T).argmax(axis=1)]
    accuracy = probe(found, [1], repeats=1, seed=7)["nearest neighbours"][1]
    assert accuracy == [pytest.approx((nearest == test.labels).mean(), abs=1e-9)]


def test_the_labelled_videos_are_those_of_the_seed():
    found = videos(2)
    assert probe(found, [1], seed=1) == probe(found, [1], seed=1) != probe(found, [1], seed=2)


def test_the_linear_classifier_does_not_depend_on_the_scale():
    near, far = (videos(2.5) for _ in range(2))
    far.features[:] = far.features * np.logspace(-3, 3, 8) + 100
    for number, values in probe(near, [5, None])["linear"].items():
        assert probe(far, [number])["linear"][number] == pytest.approx(values, abs=0.01)


def test_no_label_of_a_test_video_is_used():
    found = videos(2.5)
    wrong = FeatureSet(found.name, found.features, np.where(found.splits == "query", 3, found.labels), found.splits,
                       found.videos, CLASSES)
    for name in CLASSIFIERS:
        right, of_class = (probe(one, [None])[name][None][0] for one in (found, wrong))
        assert of_class < right
