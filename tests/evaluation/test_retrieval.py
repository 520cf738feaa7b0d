"""Retrieval compared with scikit-learn and with a loop."""
import numpy as np
import pytest
import torch
from reference import recall_at_k as reference
from sklearn.neighbors import NearestNeighbors

import vididi_transforms as vt


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 16))
    labels = rng.integers(5, size=90)
    return torch.from_numpy(centres[labels] + 3 * rng.normal(size=(90, 16))).float(), torch.from_numpy(labels)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("chunk", [1, 7, 1024])
def test_nearest_equals_scikit_learn(features, metric, chunk):
    x, _ = features
    expected = NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute").fit(x[:60].numpy())
    assert np.array_equal(vt.nearest(x[:60], x[60:], 10, metric, chunk).numpy(),
                          expected.kneighbors(x[60:].numpy(), return_distance=False))


def test_recall_equals_loop(features):
    x, y = features
    recalls = vt.recall_at_k(x[:60], y[:60], x[60:], y[60:], topk=(1, 5, 10))
    expected = {k: reference(x[:60].numpy(), y[:60].numpy(), x[60:].numpy(), y[60:].numpy(), k) for k in (1, 5, 10)}
    assert recalls == pytest.approx(expected)
    assert 0 < recalls[1] < recalls[5] < recalls[10] <= 1


def test_ties_keep_the_gallery_order():
    gallery = torch.eye(4)[[2, 0, 0, 1, 0]]
    assert vt.nearest(gallery, torch.eye(4)[:1], k=5).tolist() == [[1, 2, 4, 0, 3]]


def test_cosine_ignores_length_and_euclidean_does_not():
    gallery, query = torch.tensor([[10.0, 0.1], [0.5, 0.5]]), torch.tensor([[1.0, 0.0]])
    assert vt.nearest(gallery, query, 1, "cosine").item() == 0
    assert vt.nearest(gallery, query, 1, "euclidean").item() == 1


def test_k_above_the_gallery_counts_as_all():
    recalls = vt.recall_at_k(torch.eye(3), torch.arange(3), torch.eye(3), torch.arange(3), topk=(10,))
    assert recalls == {10: 1.0}


@pytest.mark.parametrize("chunk", [1, 1024])
def test_euclidean_neighbours_far_from_the_origin(chunk):
    x = 100 + 0.05 * torch.randn(200, 16, generator=torch.Generator().manual_seed(0))
    exact = (x.double()[:, None] - x.double()).square().sum(-1).argsort(dim=1)[:, :2]
    assert torch.equal(vt.nearest(x, x, 2, "euclidean", chunk), exact)
