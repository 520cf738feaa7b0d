"""The objectives equal independent float64 references; shapes of the projectors."""
import numpy as np
import pytest
import reference
import torch

import vididi_transforms as vt


@pytest.fixture
def embeddings():
    rng = np.random.default_rng(0)
    return rng.normal(size=(9, 6)) * 0.7, rng.normal(size=(9, 6)) * rng.uniform(0.1, 2, 6)


def test_vicreg_equals_reference(embeddings):
    terms = vt.vicreg_loss(*map(torch.from_numpy, embeddings), weights=(2.0, 3.0, 0.5))
    expected = np.multiply(reference.vicreg(*embeddings), (2.0, 3.0, 0.5))
    assert list(terms) == ["invariance", "variance", "covariance"]
    np.testing.assert_allclose([term.item() for term in terms.values()], expected, rtol=1e-12)


def test_sum_dimensions_follows_the_printed_equation_8(embeddings):
    z1, z2 = map(torch.from_numpy, embeddings)
    printed = sum((a - b).norm() ** 2 for a, b in zip(z1, z2, strict=True)) / len(z1)
    torch.testing.assert_close(vt.vicreg_loss(z1, z2, sum_dimensions=True)["invariance"], printed)


def test_vicreg_gradient(embeddings):
    z1, z2 = (torch.from_numpy(z).requires_grad_() for z in embeddings)
    assert torch.autograd.gradcheck(lambda a, b: sum(vt.vicreg_loss(a, b).values()), (z1, z2))


def test_vicreg_is_symmetric_and_independent_of_the_order_of_videos(embeddings):
    z1, z2 = map(torch.from_numpy, embeddings)
    shuffle = torch.randperm(len(z1), generator=torch.Generator().manual_seed(0))
    for name, term in vt.vicreg_loss(z1, z2).items():
        torch.testing.assert_close(vt.vicreg_loss(z2[shuffle], z1[shuffle])[name], term)


def test_vicreg_is_zero_for_equal_views_with_uncorrelated_dimensions():
    z = torch.tensor([[2.0, 2.0], [2.0, -2.0], [-2.0, 2.0], [-2.0, -2.0]])
    assert [term.item() for term in vt.vicreg_loss(z, z).values()] == [0.0, 0.0, 0.0]


def test_vicreg_gradient_is_finite_for_a_collapsed_embedding():
    z = torch.zeros(4, 3, requires_grad=True)
    sum(vt.vicreg_loss(z, z.clone()).values()).backward()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_info_nce_equals_reference(embeddings, temperature):
    value = vt.info_nce_loss(*map(torch.from_numpy, embeddings), temperature=temperature).item()
    assert value == pytest.approx(reference.info_nce(*embeddings, temperature), rel=1e-12)


def test_info_nce_gradient_and_symmetry(embeddings):
    z1, z2 = (torch.from_numpy(z).requires_grad_() for z in embeddings)
    assert torch.autograd.gradcheck(vt.info_nce_loss, (z1, z2))
    torch.testing.assert_close(vt.info_nce_loss(z1, z2), vt.info_nce_loss(z2, z1))


def test_info_nce_ignores_lengths_and_is_zero_for_perfect_pairs(embeddings):
    z1, z2 = map(torch.from_numpy, embeddings)
    torch.testing.assert_close(vt.info_nce_loss(3 * z1, z2), vt.info_nce_loss(z1, z2))
    assert vt.info_nce_loss(torch.eye(5), torch.eye(5), temperature=0.01).item() == pytest.approx(0, abs=1e-6)


def test_byol_equals_reference_and_stops_the_gradient(embeddings):
    prediction, target = (torch.from_numpy(z).requires_grad_() for z in embeddings)
    loss = vt.byol_loss(prediction, target)
    assert loss.item() == pytest.approx(reference.byol(*embeddings), rel=1e-12)
    assert torch.autograd.gradcheck(lambda p: vt.byol_loss(p, target), prediction)
    loss.backward()
    assert target.grad is None
    assert vt.byol_loss(prediction, -prediction).item() == pytest.approx(2)


@pytest.mark.parametrize(("arguments", "layers", "parameters"), [
    ((512, 2048, 2048, 3), 3, 512 * 2048 + 2048 + 2 * (2048 * 2048 + 2048) + 2 * 2 * 2048),  # VICReg, appendix B.2
    ((512, 2048, 128, 3), 3, 512 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 128 + 128 + 2 * 2 * 2048),  # SimCLR
    ((512, 4096, 256, 2), 2, 512 * 4096 + 4096 + 4096 * 256 + 256 + 2 * 4096),  # BYOL
])
def test_projectors_of_the_paper(arguments, layers, parameters):
    head = vt.build_projector(*arguments)
    assert [type(layer).__name__ for layer in head] == ["Linear", "BatchNorm1d", "ReLU"] * (layers - 1) + ["Linear"]
    assert sum(p.numel() for p in head.parameters()) == parameters
    assert head(torch.randn(2, arguments[0])).shape == (2, arguments[2])
