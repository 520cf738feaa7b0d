"""Pooling: what an encoder may return, and the feature of it."""
import pytest
import torch

from vididi_transforms.objectives.embeddings import global_average_pool

MAPS, FEATURES = torch.randn(2, 3, 4, 5, 5), torch.randn(2, 6)


def test_maps_are_averaged_over_time_and_space():
    by_hand = torch.stack([torch.stack([channel.flatten().sum() / 100 for channel in clip]) for clip in MAPS])
    torch.testing.assert_close(global_average_pool(MAPS), by_hand)


def test_features_stay_as_they_are():
    assert torch.equal(global_average_pool(FEATURES), FEATURES)


@pytest.mark.parametrize("kind", [tuple, list])
def test_pathways_of_different_sizes_are_pooled_and_joined(kind):
    slow = torch.randn(2, 7, 1, 5, 5, requires_grad=True)
    fast = torch.randn(2, 3, 8, 3, 3, requires_grad=True)
    pooled = global_average_pool(kind((slow, fast, FEATURES)))
    torch.testing.assert_close(pooled, torch.cat((slow.mean((2, 3, 4)), fast.mean((2, 3, 4)), FEATURES), 1))
    pooled.sum().backward()
    assert torch.equal(slow.grad, torch.full_like(slow, 1 / 25))
    assert torch.allclose(fast.grad, torch.full_like(fast, 1 / 72))


def test_of_maps_with_a_class_token_it_is_the_token():
    token = torch.randn(2, 3)
    assert torch.equal(global_average_pool([MAPS, token]), token)
