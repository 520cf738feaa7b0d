"""Results and gradients are finite, and near float64, for inputs that make sums, norms and differences zero or tiny.

Hypothesis generates the same examples in every run.
"""
import math

import numpy as np
import pytest
import reference
import torch
from degenerate import CONTENTS, HUES, SIGMAS, TINY, batches, content, embedding_pairs
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SEEDS, generator

import vididi_transforms as vt
from vididi_transforms.analysis.attention import attention_on_motion
from vididi_transforms.analysis.derivative_strip import derivative_strip
from vididi_transforms.analysis.saliency import feature_weights, saliency_tubes
from vididi_transforms.analysis.taylor import taylor_errors
from vididi_transforms.augment.resample import interpolation_weights, resized_crop
from vididi_transforms.evaluation.clustering import silhouette, tsne
from vididi_transforms.objectives.embeddings import scaled

settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("reproducible")
CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
BACKENDS = ["eager", "triton", pytest.param("compiled", marks=pytest.mark.slow)]
NAMES = ("brightness", "contrast", "saturation", "hue")
ORDERS = (0, 1, 2)


def finite(*tensors):
    return all(tensor.isfinite().all() for tensor in tensors)


def jitter(**values):
    """Parameters of one clip that change nothing except the given values."""
    base = dict(sigma=0.0, operations=[0, 1, 2, 3], brightness=1.0, contrast=1.0, saturation=1.0, hue=0.0, gray=False)
    columns = {name: torch.tensor([value]) for name, value in {**base, **values}.items()}
    return vt.AugmentParams(torch.zeros(1, 4), torch.zeros(1, dtype=torch.bool), **columns)


def run(clips, params, backend, orders=ORDERS, **options):
    outputs = vt.augment_and_differentiate(clips.to(DEVICE), params, orders, backend=backend, mean=(0, 0, 0),
                                           std=(1, 1, 1), **options)
    return [output.cpu() for output in outputs]


def in_float64(clips, params):
    """The augmented clips by the loops of ``reference``."""
    values = clips.double() / 255 if clips.dtype == torch.uint8 else clips.double()
    out = []
    for k, clip in enumerate(values):
        factors = {name: getattr(params, name)[k].item() for name in NAMES}
        operations = [NAMES[number] for number in params.operations[k].tolist()]
        sigma = params.sigma[k].item()
        out.append(torch.from_numpy(reference.augmented(clip.permute(1, 2, 3, 0).numpy(), sigma, 3, operations, factors,
                                                        bool(params.gray[k]))).permute(3, 0, 1, 2))
    return torch.stack(out)


# The batched pass

@pytest.mark.parametrize("backend", BACKENDS)
def test_a_coloured_pixel_on_black_with_a_narrow_blur(backend):
    """The blur leaves values of 1e-40 next to the pixel, and the hue divides by their chroma."""
    clip = torch.zeros(1, 3, 3, 8, 8, dtype=torch.uint8)
    clip[:, 0, :, 3, 3], clip[:, 1, :, 3, 3] = 255, 40
    params = jitter(sigma=0.1046, hue=0.03, contrast=0.9)
    outputs = run(clip, params, backend)
    assert finite(*outputs)
    torch.testing.assert_close(outputs[0].double(), in_float64(clip, params), atol=1e-6, rtol=0)


@pytest.mark.filterwarnings("error::RuntimeWarning")  # Triton's interpreter warns where a number overflows
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_hue_of_tiny_values_on_black(backend):
    """Clamping on Triton would hide a NaN, so that the values alone do not show it."""
    clip = torch.zeros(1, 3, 3, 8, 8)
    clip[:, 0, :, 3, 3] = 1e-40
    assert finite(*run(clip, jitter(hue=0.03, contrast=0.9), backend))


@settings(max_examples=100)
@given(batches())
def test_the_pass_is_finite_and_near_float64(batch):
    agrees_with_float64(*batch, "eager")


@settings(max_examples=300 if CUDA else 12)
@given(batches(shape=(1, 3, 3, 5, 4)))
def test_the_triton_pass_is_finite_and_near_float64(batch):
    agrees_with_float64(*batch, "triton")


@pytest.mark.slow
@settings(max_examples=300)
@given(batches())
def test_the_compiled_pass_is_finite_and_near_float64(batch):
    agrees_with_float64(*batch, "compiled")


def agrees_with_float64(clips, params, backend):
    outputs, expected = run(clips, params, backend), in_float64(clips, params)
    assert finite(*outputs)
    for order, output in zip(ORDERS, outputs, strict=True):
        torch.testing.assert_close(output.double(), expected.diff(order, 2), atol=3e-5 * 2**order, rtol=0)


@pytest.mark.parametrize("backend", ["eager", pytest.param("compiled", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", CONTENTS)
def test_each_content_with_each_blur_and_hue(backend, kind):
    table = torch.cat([jitter(sigma=sigma, hue=hue, contrast=0.9).table() for sigma in SIGMAS for hue in HUES])
    clips = content(kind, (1, 3, 3, 6, 5), generator(0)).expand(len(table), -1, -1, -1, -1)
    assert finite(*run(clips, table, backend))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sigma", [1e-45, 1e-30, 1e-24, 1e-20, 1e-8])
def test_a_very_narrow_blur_changes_nothing(backend, sigma):
    clip = content("random", (1, 3, 3, 8, 8), generator(0))
    for output, expected in zip(run(clip, jitter(sigma=sigma), backend), run(clip, jitter(), backend), strict=True):
        torch.testing.assert_close(output, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sigma", [100.0, 1e10, 1e20, 1e38])
def test_a_very_wide_blur_is_a_mean(backend, sigma):
    clip = content("random", (1, 3, 3, 8, 8), generator(0))
    (output,) = run(clip, jitter(sigma=sigma), backend, orders=(0,))
    padded = torch.nn.functional.pad((clip[0] / 255).transpose(0, 1), (1, 1, 1, 1), mode="reflect")
    mean = torch.nn.functional.avg_pool2d(padded, 3, stride=1).transpose(0, 1)
    torch.testing.assert_close(output[0], mean, atol=1e-4, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scale", [-1e30, -3.0, 3.0, 1e30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_outside_0_and_1_are_clamped(backend, scale, dtype):
    """Also where no operation changes a clip, and before the hue."""
    clip = (content("letterbox", (1, 3, 3, 6, 5), generator(1)) / 255 * scale).to(dtype)
    for params in (jitter(), jitter(hue=0.03), jitter(contrast=0.9), jitter(operations=[1, 0, 3, 2], contrast=0.9),
                   jitter(sigma=0.5, brightness=1.2), jitter(gray=True)):
        outputs = run(clip, params, backend)
        assert finite(*outputs)
        assert outputs[0].min() >= 0
        assert outputs[0].max() <= 1
    torch.testing.assert_close(run(clip, jitter(), backend, (0,))[0], clip.clamp(0, 1).float(), atol=1e-6, rtol=0)


@given(st.integers(1, 2000), st.integers(1, 224), SEEDS)
def test_boxes_one_pixel_wide(full, size, seed):
    """Every weight of such a box is that of its pixel."""
    starts = torch.randint(full, (3,), generator=generator(seed))
    weights = interpolation_weights(starts.float(), torch.ones(3), full, size)
    expected = torch.nn.functional.one_hot(starts, full)[:, None].expand(-1, size, -1)
    torch.testing.assert_close(weights, expected.float(), atol=0, rtol=0)


@given(st.sampled_from(CONTENTS), SEEDS)
def test_a_crop_of_one_pixel_or_line(kind, seed):
    clips = content(kind, (3, 3, 2, 6, 5), generator(seed))
    boxes = torch.tensor([[2, 3, 1, 1], [5, 0, 1, 5], [0, 4, 6, 1]])
    out = resized_crop(clips, boxes, torch.tensor([False, True, False]), 4)
    values = clips / 255 if clips.dtype == torch.uint8 else clips
    torch.testing.assert_close(out[0], values[0, :, :, 2:3, 3:4].expand(-1, -1, 4, 4), atol=1e-6, rtol=0)
    assert finite(out)


# Objectives

TINY_TO_HUGE = [*TINY, 1e-20, 1e-3, 1.0, 1e3, 1e9, 1e18, 1e19, 1e20, 1e30, 1e37]
OBJECTIVES = {"vicreg": lambda z1, z2: sum(vt.vicreg_loss(z1, z2).values()), "info_nce": vt.info_nce_loss,
              "byol": vt.byol_loss}


def loss_and_gradients(objective, pair):
    leaves = [z.clone().requires_grad_() for z in pair]
    loss = objective(*leaves)
    loss.backward()
    return loss.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)


@pytest.mark.parametrize("name", OBJECTIVES)
@settings(max_examples=150)
@given(data=st.data())
def test_objectives_and_gradients_are_finite_and_near_float64(name, data):
    """VICReg squares covariances: they overflow above 1e9, and the run then stops."""
    pair = data.draw(embedding_pairs([s for s in TINY_TO_HUGE if s <= 1e9] if name == "vicreg" else TINY_TO_HUGE))
    loss, *gradients = loss_and_gradients(OBJECTIVES[name], pair)
    exact = OBJECTIVES[name](*(z.double() for z in pair))
    assert finite(loss, *gradients)
    torch.testing.assert_close(loss.double(), exact, rtol=1e-4, atol=1e-4)


@settings(max_examples=100)
@given(embedding_pairs([s for s in TINY_TO_HUGE if s >= 1e-3]))
def test_cosines_of_large_embeddings_equal_the_reference(pair):
    """Their squares overflow, but their cosines do not."""
    if all((z != 0).any(dim=1).all() for z in pair):
        exact = [z.double().numpy() for z in pair]
        assert vt.info_nce_loss(*pair).item() == pytest.approx(reference.info_nce(*exact), rel=1e-4, abs=1e-4)
        assert vt.byol_loss(*pair).item() == pytest.approx(reference.byol(*exact), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", ["info_nce", "byol"])
def test_gradients_do_not_vanish_for_large_embeddings(name):
    """A loss that is finite only because norms overflowed would stand still without a word."""
    pair = torch.randn(2, 4, 8, generator=generator(0)).unbind(0)
    _, *gradients = loss_and_gradients(OBJECTIVES[name], pair)
    _, *scaled = loss_and_gradients(OBJECTIVES[name], [2.0**80 * z for z in pair])
    for gradient, small in zip(gradients, scaled, strict=True):
        torch.testing.assert_close(2.0**80 * small, gradient, rtol=1e-5, atol=1e-7)


@given(embedding_pairs(TINY_TO_HUGE), st.sampled_from([1.0, torch.finfo(torch.float32).tiny]))
def test_scaling_does_not_round(pair, smallest):
    factor = (scaled(pair[0], 1, smallest) / pair[0])[pair[0].abs() > 1e-30]
    assert (factor.frexp().mantissa == 0.5).all()
    assert smallest < 1 or (factor <= 1).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_constant_embeddings_have_documented_losses(dtype):
    for z in (torch.zeros(4, 3, dtype=dtype), torch.ones(4, 3, dtype=dtype)):
        assert vt.variance_loss(z).item() == pytest.approx(0.99)
        assert vt.info_nce_loss(z, z).item() == pytest.approx(math.log(4))
        assert vt.byol_loss(z, z).item() == pytest.approx(1 - z[0, 0].item(), abs=1e-6)


# Evaluation

@given(st.lists(st.integers(-38, 37), min_size=6, max_size=6), SEEDS)
def test_cosine_neighbours_do_not_depend_on_lengths(exponents, seed):
    features = torch.randn(6, 4, generator=generator(seed))
    lengths = torch.tensor([10.0**exponent for exponent in exponents])[:, None]
    assert torch.equal(vt.nearest(lengths * features, lengths * features, 6), vt.nearest(features, features, 6))


@given(st.integers(-120, 120), SEEDS)
def test_euclidean_neighbours_do_not_depend_on_the_unit(exponent, seed):
    features = torch.randn(6, 4, generator=generator(seed))
    scaled = 2.0**exponent * features
    assert torch.equal(vt.nearest(scaled, scaled, 6, "euclidean"), vt.nearest(features, features, 6, "euclidean"))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("scale", TINY_TO_HUGE)
def test_equal_features_keep_the_order_of_the_gallery(metric, scale):
    features = torch.full((5, 3), scale)
    assert vt.nearest(features, features, 5, metric).tolist() == [[0, 1, 2, 3, 4]] * 5


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("value", [0.0, 1e-45, 1e-38, 0.1, 1.0, 1e30])
def test_equal_features_have_silhouette_0_and_are_one_point(metric, value):
    features = np.full((7, 3), value, dtype=np.float32)
    assert silhouette(features, np.arange(7) % 2, metric) == 0
    assert np.array_equal(tsne(features), np.zeros((7, 2)))


@pytest.mark.parametrize("scale", [1e30, 1e37, 1e-30, 1e-37])
def test_tsne_of_very_small_and_very_large_features(scale):
    features = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    points = tsne(features * np.float32(scale))
    assert np.isfinite(points).all()
    assert len(np.unique(points.round(3), axis=0)) == 12


# Analysis

def test_saliency_of_a_constant_video_is_uniform():
    for value in (0.0, 1e-45, 1e-20, 1.0, 1e15):
        maps = torch.full((2, 4, 2, 3, 3), value)
        tubes = saliency_tubes(maps, feature_weights(maps), (4, 6, 6))
        assert torch.equal(tubes, torch.ones(2, 4, 6, 6))


def test_attention_of_zeros_is_that_of_chance():
    mask = torch.zeros(2, 2, 4, 4)
    mask[1, ..., :1] = 1
    assert torch.equal(torch.stack(attention_on_motion(torch.zeros_like(mask), mask)), torch.tensor([[0, 0.25]] * 2))


@pytest.mark.parametrize("kind", ["black", "white", "one colour", "one frame"])
def test_a_still_clip_has_no_taylor_errors_and_a_gray_strip(kind):
    clip = content(kind, (1, 3, 8, 6, 5), generator(0))[0] / 255
    assert torch.equal(taylor_errors(clip), torch.zeros(3, 3))
    strip = derivative_strip(clip)
    assert torch.equal(strip[6:], torch.full_like(strip[6:], 0.5))


def test_kinds_of_clips_differ():
    """Each kind of clip differs from the others."""
    clips = [content(kind, (1, 3, 3, 6, 5), generator(3)).float() for kind in CONTENTS]
    assert not any(torch.equal(a, b) for number, a in enumerate(clips) for b in clips[:number])
