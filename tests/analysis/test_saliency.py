"""Saliency tubes and attention on motion: mathematical laws, and a slow reference."""
import math

import pytest
import torch
from torch import nn

from vididi_transforms.analysis.attention import attention_on_motion, mask_tubes, moving_pixels
from vididi_transforms.analysis.saliency import activation, class_weights, feature_weights, saliency_tubes, upsample

SIZE = (8, 16, 24)


def some(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


MAPS = some(3, 5, 2, 4, 6)


def test_tubes_are_scaled_over_the_clip():
    tubes = saliency_tubes(MAPS, some(3, 5, seed=1) - 0.5, SIZE)
    assert (tubes.shape, tubes.dtype) == ((3, *SIZE), torch.float32)
    assert tubes.amin((1, 2, 3)).tolist() == [0] * 3
    assert tubes.amax((1, 2, 3)).tolist() == [1] * 3


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e4])
def test_a_positive_factor_changes_nothing(factor):
    weights = some(3, 5, seed=1) - 0.5
    torch.testing.assert_close(saliency_tubes(MAPS, factor * weights, SIZE), saliency_tubes(MAPS, weights, SIZE))


def test_a_negative_factor_inverts_the_tube():
    weights = some(3, 5, seed=1)
    torch.testing.assert_close(saliency_tubes(MAPS, -weights, SIZE), 1 - saliency_tubes(MAPS, weights, SIZE))


@pytest.mark.parametrize("channel", [0, 4])
def test_one_channel_gives_its_map(channel):
    weights = torch.eye(5)[channel]
    tubes, expected = saliency_tubes(MAPS, weights, SIZE), upsample(MAPS[:, channel], SIZE)
    for tube, clip in zip(tubes, expected, strict=True):
        torch.testing.assert_close(tube, (clip - clip.min()) / (clip.max() - clip.min()))


def test_trilinear_between_the_centres_of_positions():
    """Time, height and width against the formula.

    With a scale of 4, centres are 1.5 pixels from the edge.
    """
    def line(values, length):
        places = [min(max((n + 0.5) * len(values) / length - 0.5, 0), len(values) - 1) for n in range(length)]
        return torch.tensor([values[math.floor(p)] * (1 - p % 1) + values[min(math.floor(p) + 1, len(values) - 1)]
                             * (p % 1) for p in places])
    values = [2.0, 7.0]
    for dim in (0, 1, 2):
        shape, size = [1, 1, 1], [1, 1, 1]
        shape[dim], size[dim] = 2, 8
        torch.testing.assert_close(upsample(torch.tensor(values).view(1, *shape), size).flatten(), line(values, 8))


def test_weights_of_each_clip_and_of_all():
    weights = some(3, 5, seed=1)
    expected = torch.stack([sum(weights[b, d] * MAPS[b, d] for d in range(5)) for b in range(3)])
    torch.testing.assert_close(activation(MAPS, weights), expected)
    torch.testing.assert_close(activation(MAPS, weights[0])[2], sum(weights[0, d] * MAPS[2, d] for d in range(5)))


def test_mean_of_a_class_wise_activation_is_the_logit():
    torch.manual_seed(0)
    head, labels = nn.Linear(5, 7), torch.tensor([6, 0, 3])
    logits = head(MAPS.mean((2, 3, 4))) - head.bias
    mean = activation(MAPS, class_weights(head.weight, labels)).mean((1, 2, 3))
    torch.testing.assert_close(mean, logits[range(3), labels])


def test_mean_of_a_class_free_activation_is_the_similarity_with_itself():
    feature = MAPS.mean((2, 3, 4))
    torch.testing.assert_close(activation(MAPS, feature_weights(MAPS)).mean((1, 2, 3)), feature.square().sum(1))


def test_constant_maps_give_uniform_attention():
    tubes = saliency_tubes(torch.full((1, 5, 2, 4, 6), 0.3), torch.ones(5), SIZE)
    assert torch.equal(tubes, torch.ones(1, *SIZE))


def test_uniform_attention_has_the_share_of_the_mask():
    mask = some(3, *SIZE, seed=2)
    share, chance = attention_on_motion(torch.full((3, *SIZE), 0.2), mask)
    torch.testing.assert_close(share, mask.mean((1, 2, 3)))
    torch.testing.assert_close(share, chance)


def test_attention_only_inside_or_only_outside_of_the_mask():
    mask = some(3, *SIZE, seed=2) > 0.7
    assert attention_on_motion(mask.float(), mask)[0].tolist() == pytest.approx([1] * 3)
    assert attention_on_motion((~mask).float(), mask)[0].tolist() == [0] * 3


def test_shares_of_a_mask_and_its_complement_sum_to_one():
    tubes, mask = some(3, *SIZE), some(3, *SIZE, seed=2)
    torch.testing.assert_close(attention_on_motion(tubes, mask)[0] + attention_on_motion(tubes, 1 - mask)[0],
                               torch.ones(3))


def test_clips_are_independent():
    tubes, mask = saliency_tubes(MAPS, feature_weights(MAPS), SIZE), some(3, *SIZE, seed=2)
    alone = saliency_tubes(MAPS[1:2], feature_weights(MAPS[1:2]), SIZE)
    torch.testing.assert_close(tubes[1:2], alone)
    torch.testing.assert_close(attention_on_motion(tubes, mask)[0][1:2], attention_on_motion(alone, mask[1:2])[0])


def test_mask_tubes_lose_share_at_coarser_resolution():
    mask = torch.zeros(1, 4, 8, 8)
    mask[0, :, 2:4, 2:4] = 1
    torch.testing.assert_close(mask_tubes(mask, (4, 8, 8)), mask)
    shares = [attention_on_motion(mask_tubes(mask, (1, side, side)), mask)[0].item() for side in (8, 4, 2, 1)]
    assert shares[0] == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(mask.mean().item())


def test_moving_pixels_are_those_that_change():
    clips = torch.full((1, 3, 4, 1, 3), 0.5)
    clips[0, 1, 2:, 0, 0] = 0.7  # one channel changes from frame 1 to frame 2
    clips[0, :, 2:, 0, 1] = 0.55  # by less than the threshold
    moving = moving_pixels(clips)[0, :, 0]
    assert moving[:, 0].tolist() == [False, True, True, False]
    assert not moving[:, 1:].any()
    assert moving_pixels(clips, threshold=0.04)[0, 1:3, 0, 1].all()
