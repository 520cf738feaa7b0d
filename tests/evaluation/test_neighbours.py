"""Nearest neighbours, recall by class and confusion against slow references."""
from dataclasses import replace

import numpy as np
import pytest
import torch
from feature_files import save, toy

import vididi_transforms as vt
from vididi_transforms.evaluation.features import read_features
from vididi_transforms.evaluation.neighbours import chance_recall, chance_recalls, find_neighbours


@pytest.fixture
def data(tmp_path):
    content = toy(3)
    content["features"] -= 990  # so that the classes differ in angle
    return read_features(save(tmp_path / "features.npz", **content))


def parts(data, centre=False):
    """Gallery features, gallery labels, query features, query labels."""
    for split in ("gallery", "query"):
        part = data.part(split)
        yield torch.from_numpy(part.features - part.features.mean(0) if centre else part.features)
        yield torch.from_numpy(part.labels)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("centre", [False, True])
def test_recalls_equal_recall_at_k(data, metric, centre):
    found = find_neighbours(data, metric, centre)
    assert found.indices.shape == found.hits.shape == (24, 10)
    assert dict(zip((1, 5, 10), found.recalls(), strict=True)) == pytest.approx(
        vt.recall_at_k(*parts(data, centre), metric=metric))


def test_recalls_of_classes_and_confusion(data):
    """Compared with a loop over the videos."""
    found = find_neighbours(data)
    gallery, labels, queries, asked = parts(data)
    confusion = np.zeros((4, 4), dtype=int)
    first = [[] for _ in range(4)]
    for query, label in zip(queries, asked, strict=True):
        nearest = labels[torch.cosine_similarity(query[None], gallery).argmax()]
        confusion[label, nearest] += 1
        first[label].append(bool(nearest == label))
    assert found.confusion().tolist() == confusion.tolist()
    assert {label: recall[0] for label, recall in found.class_recalls().items()} == pytest.approx(
        {label: np.mean(hits) for label, hits in enumerate(first)})
    assert confusion[2].sum() - confusion[2, 2] == 6  # the queries of rest are placed among run and walk


def test_chance_equals_random_choice(data):
    rng = np.random.default_rng(0)
    uneven = replace(data, labels=np.where(np.arange(len(data.labels)) % 5 == 0, 3, data.labels))
    gallery, queries = uneven.part("gallery").labels, uneven.part("query").labels
    for k, chance in zip((1, 5, 10), chance_recalls(uneven), strict=True):
        hits = [label in rng.permutation(gallery)[:k] for _ in range(300) for label in queries]
        assert chance == pytest.approx(np.mean(hits), abs=0.03)
    assert chance_recall(1, 3, 5) == 1
    assert chance_recall(0, 3, 5) == 0


def test_labels_may_have_gaps(data):
    classes = {7 * label: name for label, name in data.classes.items()}
    found = find_neighbours(replace(data, labels=data.labels * 7, classes=classes))
    assert found.confusion().tolist() == find_neighbours(data).confusion().tolist()
    assert list(found.class_recalls()) == [0, 7, 14, 21]
