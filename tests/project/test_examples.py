"""Examples with other libraries run as a user runs them; lightly's losses are compared with ours."""
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from example_runs import read_steps, run
from lightly.loss import NTXentLoss, VICRegLoss
from torchvision import tv_tensors
from torchvision.transforms import v2

import vididi_transforms as vt

quiet = pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:FutureWarning")  # pytorchvideo's


def check_steps(text, steps, shape=None, running=False):
    """Check the derivative orders, and that clips have T minus the higher order frames."""
    for step in read_steps(text.splitlines(), steps, running):
        if shape is not None:
            batch, frames, size = shape
            assert step.shape == (batch, 3, frames - max(step.orders), size, size)


@pytest.mark.parametrize(("name", "steps", "shape"), [
    ("plain_pytorch.py", 2, (32, 8, 32)),
    pytest.param("torchvision_v2.py", 2, (8, 8, 32), marks=pytest.mark.slow),
    pytest.param("pytorchvideo_dataset.py", 2, (16, 8, 32), marks=pytest.mark.slow),
])
def test_example_trains_by_algorithm_1(name, steps, shape, tmp_path):
    check_steps(run(name, tmp_path), steps, shape)


@pytest.mark.slow
def test_kornia_containers(tmp_path):
    """Random parameters per clip keep the background static; parameters per frame do not."""
    text = run("kornia_containers.py", tmp_path)
    same, each = (float(share) for share in re.findall(r"same_on_frame=\w+: ([\d.]+)% of the derivative", text))
    assert same > 97
    assert each < 40
    check_steps(text, 2, (16, 8, 32))


@pytest.mark.slow
def test_pytorchvideo_wrapper(tmp_path):
    text = run("pytorchvideo_wrapper.py", tmp_path)
    check_steps(text, 2, running=True)
    assert text.count("read (16, 2, 3, 8, 40, 40),") == 8  # PyTorchVideo's crop; the recipe's own has 32 pixels


@pytest.mark.slow
def test_lightning_lightly(tmp_path):
    text = run("lightning_lightly.py", tmp_path)
    start, vicreg, simclr = re.split(r"^(?:VICRegLoss|NTXentLoss)\n", text, flags=re.MULTILINE)
    assert start == ""
    for part in (vicreg, simclr):
        check_steps(part, 2, (16, 8, 32), running=True)


def test_torchvision_videos_have_time_first():
    """A `Video` [T, C, H, W] gives the same as a plain tensor."""
    ramp = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 4, 4)
    transform = v2.Compose([v2.RandomHorizontalFlip(), v2.ToDtype(torch.float32), vt.TemporalDifference(dim=-4)])
    for video in (ramp, tv_tensors.Video(ramp)):
        torch.testing.assert_close(torch.Tensor(transform(video)), torch.ones(5, 3, 4, 4))


@pytest.mark.slow
def test_two_repairs_of_pytorchvideo_are_one():
    """The example's line and `import vididi_transforms.mmaction2` give the same module, without a conflict."""
    code = """
import sys, torchvision.transforms._functional_tensor as functional_tensor
sys.modules.setdefault("torchvision.transforms.functional_tensor", functional_tensor)
import vididi_transforms.mmaction2, pytorchvideo.transforms
from torchvision.transforms import functional_tensor as found
print(found is functional_tensor)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout.split()[-1:] == ["True"], result.stderr


@quiet
def test_pytorchvideos_crop_is_the_same_for_all_frames_of_a_clip_and_another_for_the_other():
    """Five clips of a still picture pass the stock `PytorchVideoWrapper` in `PerClip`."""
    from vididi_transforms.mmaction2 import PerClip

    wrapper = dict(type="mmaction.PytorchVideoWrapper", op="RandomResizedCrop", target_height=8, target_width=8,
                   scale=(0.3, 0.6), aspect_ratio=(1.0, 1.0))
    picture = torch.arange(3 * 24 * 24).view(24, 24, 3).remainder(251).byte().numpy()
    frames = PerClip([wrapper]).transform(dict(imgs=[picture] * 15, num_clips=5, clip_len=3))["imgs"]
    clips = torch.as_tensor(np.stack(frames)).unflatten(0, (5, 3))
    assert clips.shape == (5, 3, 8, 8, 3)
    assert (clips == clips[:, :1]).all()
    assert (clips != clips[0]).any()  # two crops may be the same by chance, all five are not


@quiet
def test_clips_of_pytorchvideo_have_22_frames_and_are_thinned_evenly(tmp_path):
    """From real files, at any start; with 24 frames the steps would be uneven."""
    import vididi_transforms.mmaction2  # noqa: F401 - repairs pytorchvideo.transforms  # isort: skip
    import pytorchvideo.data
    from pytorchvideo.data.clip_sampling import RandomMultiClipSampler
    from pytorchvideo.transforms import UniformTemporalSubsample

    from vididi_transforms.data.motion_videos import write_dataset

    write_dataset(tmp_path, train=8, test=1, size=16)
    data = pytorchvideo.data.labeled_video_dataset(
        f"{tmp_path}/train.txt", RandomMultiClipSampler(22 / 20, 8), video_path_prefix=str(tmp_path),
        decode_audio=False)
    assert {clip.shape for sample in data for clip in sample["video"]} == {(3, 22, 16, 16)}
    steps = lambda frames: set(UniformTemporalSubsample(8, temporal_dim=0)(torch.arange(frames)).diff().tolist())
    assert steps(22) == {3}
    assert steps(24) == {3, 4}


def embeddings(dtype, videos=12, dimensions=7):
    """Two views; some dimensions have a deviation below VICReg's target of 1, others above."""
    generator = torch.Generator().manual_seed(0)
    scale = torch.linspace(0.1, 2, dimensions, dtype=dtype)
    return [(torch.randn(videos, dimensions, generator=generator, dtype=dtype) @ torch.ones(dimensions, dimensions,
             dtype=dtype).tril() * scale / 2).requires_grad_() for _ in range(2)]


def value_and_gradients(loss, views):
    value = loss(*views)
    return value, *torch.autograd.grad(value, views)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("weights", "eps"), [((1.0, 1.0, 0.05), 1e-4), ((25.0, 12.5, 1.0), 1e-4),
                                              ((0.3, 0.7, 0.2), 1e-2)])
def test_vicreg_is_lightlys_with_twice_our_weight_of_the_variance(weights, eps, dtype):
    """lightly averages the variance terms of the two views; the paper's equation (11) adds them.

    Everything else is equal: means over dimensions, unbiased variances and covariances, gamma = 1, eps = 1e-4. So
    lightly's default 25, 25, 1 is our 25, 12.5, 1, and our default 1, 1, 0.05 is lightly's 1, 2, 0.05.
    """
    views = embeddings(dtype)
    theirs = VICRegLoss(lambda_param=weights[0], mu_param=2 * weights[1], nu_param=weights[2], eps=eps)
    ours = lambda z1, z2: sum(vt.vicreg_loss(z1, z2, weights=weights, eps=eps).values())
    for mine, other in zip(value_and_gradients(ours, views), value_and_gradients(theirs, views), strict=True):
        torch.testing.assert_close(mine, other)
        assert mine.abs().max() > 0


def test_defaults_of_lightlys_vicreg():
    views = embeddings(torch.float64)
    torch.testing.assert_close(sum(vt.vicreg_loss(*views, weights=(25, 12.5, 1)).values()), VICRegLoss()(*views))


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_info_nce_is_lightlys_ntxent_without_negatives_of_the_same_view(temperature):
    """lightly also uses the other clips of the same view as negatives, as SimCLR does; equation (6) does not.

    No setting makes them equal: for each clip the denominator has B - 1 more terms, so lightly's loss is larger by the
    mean of log(1 + those terms / ours).
    """
    views = embeddings(torch.float64)
    excess = lambda a, b: (without_own(a @ a.T / temperature).exp().sum(1) / (a @ b.T / temperature).exp().sum(1))

    def with_the_rest(z1, z2):
        a, b = (torch.nn.functional.normalize(z, dim=1) for z in (z1, z2))
        rest = torch.cat((excess(a, b), excess(b, a))).log1p().mean()
        assert rest > 0.01
        return vt.info_nce_loss(z1, z2, temperature=temperature) + rest

    theirs = NTXentLoss(temperature=temperature)
    for mine, other in zip(value_and_gradients(with_the_rest, views), value_and_gradients(theirs, views), strict=True):
        torch.testing.assert_close(mine, other)


def without_own(similarity):
    return similarity[~torch.eye(len(similarity), dtype=torch.bool)].view(len(similarity), -1)
