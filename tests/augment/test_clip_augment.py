"""Batched augmentation equals torchvision and a float64 reference; laws of it."""
from dataclasses import replace

import numpy as np
import pytest
import reference
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as tv

import vididi_transforms as vt
from vididi_transforms.augment.kernels import IMAGENET_MEAN, IMAGENET_STD

NAMES = ("brightness", "contrast", "saturation", "hue")
SHAPE = (24, 3, 4, 21, 30)
PLAIN = dict(mean=(0.0,) * 3, std=(1.0,) * 3)


def clips(shape=SHAPE, seed=0):
    return torch.randint(256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def torchvision(clip, params, i, size):
    """Augment one clip ``[3, T, H, W]`` by torchvision.

    It is one tall image, so that the contrast has the clip's mean.
    """
    video = clip.transpose(0, 1).float() / 255
    if size is not None:
        video = tv.resized_crop(video, *params.crop[i].tolist(), size=[size, size], antialias=True)
        video = tv.horizontal_flip(video) if params.flip[i] else video
    if params.sigma[i] > 0:
        video = tv.gaussian_blur(video, [3, 3], [params.sigma[i].item()] * 2)
    frames, _, height, width = video.shape
    for k in params.operations[i].tolist():
        factor = getattr(params, NAMES[k])[i].item()
        tall = video.transpose(0, 1).reshape(1, 3, frames * height, width)
        video = getattr(tv, f"adjust_{NAMES[k]}")(tall, factor).view(3, frames, height, width).transpose(0, 1)
    if params.gray[i]:
        video = tv.rgb_to_grayscale(video, 3)
    return tv.normalize(video, IMAGENET_MEAN, IMAGENET_STD).transpose(0, 1)


@pytest.mark.parametrize("size", [None, 16, 48])
def test_equals_torchvision_clip_by_clip(size):
    augment = vt.ClipAugment(size=size, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.3)
    batch = clips()
    params = augment.draw(batch.shape, 1)
    (out,) = augment(batch, params)
    expected = torch.stack([torchvision(clip, params, i, size) for i, clip in enumerate(batch)])
    # Both are float32; at clamps and between the sectors of the hue, rounding differs.
    torch.testing.assert_close(out, expected, atol=3e-5, rtol=0)


@pytest.mark.parametrize("contrast", ["clip", "frame"])
def test_equals_the_float64_reference(contrast):
    augment = vt.ClipAugment(size=None, kernel_size=5, hue=0.5, contrast=0.6, contrast_mean=contrast, **PLAIN)
    batch = clips((12, 3, 3, 7, 9))
    params = augment.draw(batch.shape, 0)
    (out,) = augment(batch, params)
    for i, clip in enumerate(batch):
        expected = reference.augmented(
            clip.permute(1, 2, 3, 0).numpy() / 255, params.sigma[i].item(), 5,
            [NAMES[k] for k in params.operations[i]], {n: getattr(params, n)[i].item() for n in NAMES},
            bool(params.gray[i]), per_frame=contrast == "frame")
        np.testing.assert_allclose(out[i].permute(1, 2, 3, 0), expected, atol=2e-6)


def test_every_order_of_operations_occurs():
    operations = vt.ClipAugment().draw((400, 3, 1, 8, 8)).operations
    assert len({tuple(row) for row in operations.tolist()}) == 24


def test_orders_are_differences_of_the_augmented_clip():
    augment, batch = vt.ClipAugment(size=16), clips()
    params = augment.draw(batch.shape)
    outputs = augment(batch, params, orders=(0, 1, 2, 3))
    for order, output in enumerate(outputs):
        torch.testing.assert_close(output, vt.temporal_difference(outputs[0], order), atol=1e-6, rtol=0)


def test_a_still_clip_has_derivative_zero():
    augment = vt.ClipAugment(size=16)
    still = clips((24, 3, 1, 21, 30)).expand(-1, -1, 4, -1, -1)
    (derivative,) = augment(still, augment.draw(still.shape), orders=(1,))
    torch.testing.assert_close(derivative, torch.zeros_like(derivative), atol=1e-6, rtol=0)


def test_clips_do_not_affect_each_other():
    augment, batch = vt.ClipAugment(size=16), clips()
    params = augment.draw(batch.shape)
    (whole,) = augment(batch, params)
    alone = torch.cat([augment(batch[i:i + 1], params[i:i + 1])[0] for i in range(len(batch))])
    torch.testing.assert_close(whole, alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("number", [1, 5, 2, 24])
def test_parameters_of_a_smaller_batch_are_the_first(number):
    augment, full = vt.ClipAugment(size=16), vt.ClipAugment(size=16).draw(SHAPE, 7)
    some = augment.draw((number, *SHAPE[1:]), 7)
    assert all(torch.equal(a, b) for a, b in zip(vars(some).values(), vars(full[:number]).values(), strict=True))


def test_parameters_depend_on_the_key_alone():
    torch.manual_seed(0)
    first = vt.ClipAugment(seed=3).draw(SHAPE, 1, 2)
    torch.manual_seed(1)
    assert torch.equal(first.table(), vt.ClipAugment(seed=3).draw(SHAPE, 1, 2).table())
    for other in (vt.ClipAugment(seed=4).draw(SHAPE, 1, 2), vt.ClipAugment(seed=3).draw(SHAPE, 1, 3)):
        assert not torch.equal(first.table(), other.table())


def test_probability_zero_only_normalises():
    augment = vt.ClipAugment(size=None, p_blur=0, p_jitter=0, p_gray=0)
    batch = clips()
    expected = tv.normalize(batch.transpose(1, 2).float() / 255, IMAGENET_MEAN, IMAGENET_STD).transpose(1, 2)
    torch.testing.assert_close(augment(batch, augment.draw(batch.shape))[0], expected, atol=1e-5, rtol=0)


def test_probability_one_acts_on_every_clip():
    params = vt.ClipAugment(p_flip=1, p_blur=1, p_jitter=1, p_gray=1).draw((500, 3, 1, 8, 8))
    assert params.flip.all()
    assert params.gray.all()
    assert (params.sigma >= 0.1).all()
    assert (params.hue != 0).all()


def test_probabilities_and_ranges():
    params = vt.ClipAugment().draw((4000, 3, 1, 150, 200))
    for sampled, p in ((params.flip, 0.5), (params.sigma > 0, 0.5), (params.hue != 0, 0.8), (params.gray, 0.5)):
        assert sampled.float().mean().item() == pytest.approx(p, abs=0.03)
    assert params.brightness[params.hue != 0].min() == pytest.approx(0.8, abs=0.005)
    assert params.brightness.max() == pytest.approx(1.2, abs=0.005)
    assert params.hue.abs().max() == pytest.approx(0.05, abs=0.001)
    assert params.sigma.max() == pytest.approx(2.0, abs=0.01)


def test_parameters_are_independent():
    params = vt.ClipAugment().draw((4000, 3, 1, 150, 200))
    sampled = torch.stack([params.flip, params.sigma > 0, params.hue != 0, params.gray, params.sigma, params.brightness,
                           params.contrast, params.saturation, params.hue, *params.operations.T])
    correlation = torch.corrcoef(sampled.float()).abs() - torch.eye(len(sampled))
    correlation[1, 4] = correlation[4, 1] = 0  # whether there is a blur, and its sigma
    assert correlation[:9].max() < 0.08  # five standard deviations; the last four rows are one permutation


def test_crops_cover_the_frame():
    augment = vt.ClipAugment(area=(0.25, 0.25), ratio=(1.0, 1.0))
    crop = augment.draw((500, 3, 1, 10, 12)).crop
    assert set(crop[:, 0].tolist()) == set(range(6))
    assert set(crop[:, 1].tolist()) == set(range(8))


@pytest.mark.parametrize("size", [(150, 200), (40, 400), (400, 40)])
def test_crops_have_torchvisions_distribution(size):
    ours = vt.ClipAugment().draw((2000, 3, 1, *size)).crop.float()
    torch.manual_seed(0)
    image = torch.zeros(3, *size)
    theirs = torch.tensor([v2.RandomResizedCrop.make_params(v2.RandomResizedCrop(112), [image])[k]
                           for _ in range(2000) for k in ("top", "left", "height", "width")]).view(-1, 4).float()
    assert (ours[:, :2] >= 0).all()
    assert (ours[:, :2] + ours[:, 2:] <= torch.tensor(size)).all()
    for k in range(4):
        assert ks_2samp(ours[:, k], theirs[:, k]).pvalue > 1e-3


def test_half_precision_input_and_strides():
    augment, batch = vt.ClipAugment(size=None), clips()
    params = augment.draw(batch.shape)
    (expected,) = augment(batch, params)
    strided = batch.permute(0, 3, 4, 2, 1).contiguous().permute(0, 4, 3, 1, 2)
    torch.testing.assert_close(augment(strided, params)[0], expected)
    torch.testing.assert_close(augment((batch / 255).half(), params)[0], expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_crops_are_computed_in_float32_for_any_dtype_and_under_autocast(dtype):
    augment, batch = vt.ClipAugment(size=16), clips()
    params = augment.draw(batch.shape)
    (expected,) = augment(batch, params, orders=(1,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(augment(batch, params, orders=(1,))[0], expected)
    (out,) = augment((batch / 255).to(dtype), params, orders=(1,))
    torch.testing.assert_close(out, expected, atol=0.1 if dtype == torch.bfloat16 else 0.02, rtol=0)


def test_params_can_be_reused_and_changed():
    augment, batch = vt.ClipAugment(size=None, p_gray=0, **PLAIN), clips()
    params = augment.draw(batch.shape)
    gray = replace(params, gray=torch.ones(len(params), dtype=torch.bool))
    (out,) = augment(batch, gray)
    torch.testing.assert_close(out[:, 0], out[:, 1])
    colour = augment(batch, params)[0].transpose(1, 2)
    torch.testing.assert_close(out[:, :1], tv.rgb_to_grayscale(colour).transpose(1, 2))
