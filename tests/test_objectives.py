"""VICReg against an independent float64 reference; projector shapes."""
import re

import numpy as np
import pytest
import torch
from reference import vicreg as reference

import vididi_transforms as vt


@pytest.fixture
def embeddings():
    rng = np.random.default_rng(0)
    return rng.normal(size=(9, 6)) * 0.7, rng.normal(size=(9, 6)) * rng.uniform(0.1, 2, 6)


def test_vicreg_equals_reference(embeddings):
    terms = vt.vicreg(*map(torch.from_numpy, embeddings), weights=(2.0, 3.0, 0.5))
    expected = np.multiply(reference(*embeddings), (2.0, 3.0, 0.5))
    assert list(terms) == ["invariance", "variance", "covariance"]
    np.testing.assert_allclose([term.item() for term in terms.values()], expected, rtol=1e-12)


def test_equation_8_by_the_letter(embeddings):
    z1, z2 = map(torch.from_numpy, embeddings)
    printed = sum((a - b).norm() ** 2 for a, b in zip(z1, z2, strict=True)) / len(z1)
    torch.testing.assert_close(vt.vicreg(z1, z2, sum_dimensions=True)["invariance"], printed)


def test_vicreg_gradient(embeddings):
    z1, z2 = (torch.from_numpy(z).requires_grad_() for z in embeddings)
    assert torch.autograd.gradcheck(lambda a, b: sum(vt.vicreg(a, b).values()), (z1, z2))


def test_vicreg_is_symmetric_and_ignores_order_of_videos(embeddings):
    z1, z2 = map(torch.from_numpy, embeddings)
    shuffle = torch.randperm(len(z1), generator=torch.Generator().manual_seed(0))
    for name, term in vt.vicreg(z1, z2).items():
        torch.testing.assert_close(vt.vicreg(z2[shuffle], z1[shuffle])[name], term)


def test_vicreg_vanishes_where_it_should():
    z = torch.tensor([[2.0, 2.0], [2.0, -2.0], [-2.0, 2.0], [-2.0, -2.0]])
    assert [term.item() for term in vt.vicreg(z, z).values()] == [0.0, 0.0, 0.0]


def test_vicreg_gradient_is_finite_for_a_collapsed_embedding():
    z = torch.zeros(4, 3, requires_grad=True)
    sum(vt.vicreg(z, z.clone()).values()).backward()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize(("shapes", "text"), [
    (((4, 3), (4, 2)), "embeddings must both be [B, D]: got (4, 3) and (4, 2)"),
    (((4, 3, 1), (4, 3, 1)), "embeddings must both be [B, D]: got (4, 3, 1) and (4, 3, 1)"),
    (((1, 3), (1, 3)), "the objective compares videos of a batch, so B must be >= 2: got B=1"),
])
def test_bad_input(shapes, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        vt.vicreg(*(torch.zeros(shape) for shape in shapes))


@pytest.mark.parametrize(("arguments", "layers", "parameters"), [
    ((512, 2048, 2048, 3), 3, 512 * 2048 + 2048 + 2 * (2048 * 2048 + 2048) + 2 * 2 * 2048),  # VICReg, appendix B.2
    ((512, 2048, 128, 3), 3, 512 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 128 + 128 + 2 * 2 * 2048),  # SimCLR
    ((512, 4096, 256, 2), 2, 512 * 4096 + 4096 + 4096 * 256 + 256 + 2 * 4096),  # BYOL
])
def test_projectors_of_the_paper(arguments, layers, parameters):
    head = vt.projector(*arguments)
    assert [type(layer).__name__ for layer in head] == ["Linear", "BatchNorm1d", "ReLU"] * (layers - 1) + ["Linear"]
    assert sum(p.numel() for p in head.parameters()) == parameters
    assert head(torch.randn(2, arguments[0])).shape == (2, arguments[2])


def test_projector_needs_a_layer():
    with pytest.raises(ValueError, match=r"^num_layers must be >= 1: got 0$"):
        vt.projector(4, 4, 4, 0)
