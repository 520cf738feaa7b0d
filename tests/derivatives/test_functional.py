"""Derivatives: their laws, an independent reference, dtypes, the Taylor expansion."""
import math
import pickle

import numpy as np
import pytest
import torch
from reference import derivative

import vididi_transforms as vt
from vididi_transforms.derivatives.functional import frames_lost

ORDERS = (0, 1, 2, 3)


@pytest.fixture
def clip():
    return torch.randn(2, 3, 7, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("order", "dim"), [(0, -3), (1, -3), (2, -3), (3, -3), (1, 0), (2, 1), (3, -1)])
def test_equals_reference(clip, order, dim):
    expected = derivative(clip.numpy(), order, dim)
    np.testing.assert_allclose(vt.temporal_difference(clip, order, dim).numpy(), expected, rtol=1e-12, atol=1e-12)


def test_is_equations_3_and_4(clip):
    torch.testing.assert_close(vt.temporal_difference(clip, 1), clip[:, :, 1:] - clip[:, :, :-1])
    torch.testing.assert_close(vt.temporal_difference(clip, 2),
                               clip[:, :, 2:] - 2 * clip[:, :, 1:-1] + clip[:, :, :-2])


@pytest.mark.parametrize("order", ORDERS)
class TestLaws:
    def test_linear(self, clip, order):
        other = clip.flip(0) ** 2
        torch.testing.assert_close(vt.temporal_difference(2 * clip - 3 * other, order),
                                   2 * vt.temporal_difference(clip, order) - 3 * vt.temporal_difference(other, order))

    def test_power_gives_factorial(self, order):
        t = torch.arange(8.0).view(1, 8, 1, 1)
        assert torch.equal(vt.temporal_difference(t**order, order),
                           torch.full((1, 8 - order, 1, 1), float(math.factorial(order))))

    def test_constant_gives_zero(self, clip, order):
        still = clip[:, :, :1].expand_as(clip)
        result = vt.temporal_difference(still, order)
        assert torch.equal(result, still if order == 0 else torch.zeros_like(result))

    def test_time_reversal(self, clip, order):
        torch.testing.assert_close(vt.temporal_difference(clip.flip(-3), order),
                                   (-1) ** order * vt.temporal_difference(clip, order).flip(-3))

    def test_commutes_with_flip_and_crop(self, clip, order):
        assert torch.equal(vt.temporal_difference(clip.flip(-1)[..., 1:4, 1:3], order),
                           vt.temporal_difference(clip, order).flip(-1)[..., 1:4, 1:3])

    def test_frames_lost(self, clip, order):
        assert vt.temporal_difference(clip, order).shape[2] == 7 - frames_lost(order)

    def test_composes(self, clip, order):
        torch.testing.assert_close(vt.temporal_difference(vt.temporal_difference(clip, 1), order),
                                   vt.temporal_difference(clip, order + 1))

    def test_gradient(self, order):
        clip = torch.randn(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda x: vt.temporal_difference(x, order), clip)


def test_first_differences_telescope(clip):
    torch.testing.assert_close(vt.temporal_difference(clip).sum(-3), clip[:, :, -1] - clip[:, :, 0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_rounded_once(dtype):
    clip = (torch.randn(3, 6, 4, 4) * 100).to(dtype)
    result = vt.temporal_difference(clip, 2)
    assert result.dtype == dtype
    assert torch.equal(result, torch.diff(clip.double(), n=2, dim=-3).to(dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64])
def test_dtypes_are_kept(dtype):
    assert vt.temporal_difference(torch.zeros(3, 6, 4, 4, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int64, torch.bool])
def test_integers_do_not_wrap_around(dtype):
    clip = torch.tensor([1, 0, 1]).to(dtype).view(1, 3, 1, 1)
    result = vt.temporal_difference(clip)
    assert result.dtype == torch.float32
    assert result.flatten().tolist() == [-1.0, 1.0]


def test_input_is_not_changed(clip):
    before = clip.clone()
    vt.temporal_difference(clip, 2)
    assert torch.equal(clip, before)


@pytest.mark.parametrize(("order1", "order2"), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)])
def test_differentiate_pair_keeps_the_first_frames(clip, order1, order2):
    x1, x2 = vt.differentiate_pair(clip, clip.flip(0), order1, order2)
    frames = 7 - max(order1, order2)
    assert torch.equal(x1, vt.temporal_difference(clip, order1)[:, :, :frames])
    assert torch.equal(x2, vt.temporal_difference(clip.flip(0), order2)[:, :, :frames])


def test_differentiate_pair_to_a_length(clip):
    for orders in ((0, 0), (1, 0), (1, 2)):
        x1, x2 = vt.differentiate_pair(clip, clip, *orders, length=5)
        assert x1.shape == x2.shape == (2, 3, 5, 5, 4)
        assert torch.equal(x1, vt.temporal_difference(clip, orders[0])[:, :, :5])
    with pytest.raises(ValueError, match=r"length must be in \[0, T\] of the shortest clip: got length=6 for T=5"):
        vt.differentiate_pair(clip, clip, 2, 0, length=6)


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_taylor_expansion_of_exact_derivatives_is_exact(degree):
    t = torch.arange(5.0, dtype=torch.float64).view(1, 5, 1, 1)
    derivatives = [t**2 - 3 * t, 2 * t - 3, torch.full_like(t, 2.0)][:degree + 1]
    then = t + 0.25
    error = (vt.taylor_expand(derivatives, 0.25) - (then**2 - 3 * then)).abs().max().item()
    assert (error < 1e-12) == (degree == 2)


def test_taylor_with_the_first_difference_is_the_next_frame(clip):
    torch.testing.assert_close(vt.taylor_expand([clip, vt.temporal_difference(clip)], 1.0), clip[:, :, 1:])


def test_taylor_accepts_a_time_for_each_clip(clip):
    dt = torch.tensor([0.5, 1.0]).view(2, 1, 1, 1, 1)
    both = vt.taylor_expand([clip, vt.temporal_difference(clip)], dt)
    torch.testing.assert_close(both[1:], vt.taylor_expand([clip[1:], vt.temporal_difference(clip[1:])], 1.0))


def test_module_equals_the_function(clip):
    module = vt.TemporalDifference(order=2, dim=2)
    assert repr(module) == "TemporalDifference(order=2, dim=2)"
    copy = pickle.loads(pickle.dumps(module))
    assert torch.equal(copy(clip), vt.temporal_difference(clip, 2, 2))
    assert torch.equal(vt.TemporalDifference(dim=4)(clip), vt.temporal_difference(clip, dim=4))
    assert torch.equal(torch.nn.Sequential(vt.TemporalDifference(1), vt.TemporalDifference(1))(clip), copy(clip))


@pytest.mark.slow
def test_module_compiles_to_one_graph(clip):
    module = vt.TemporalDifference(order=2)
    torch.testing.assert_close(torch.compile(module, fullgraph=True)(clip), module(clip))
