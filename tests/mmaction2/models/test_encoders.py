"""Encoders with stages, pathways and class tokens, and 2-D encoders, under a two-view recognizer."""
import numpy as np
import pytest
import reference
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import ConfigDict
from mmengine.model import BaseModule
from mmengine.runner import Runner
from recognizers import SLOWFAST, byol_recognizer, recognizer
from torch import nn

import vididi_transforms as vt
from vididi_transforms.mmaction2 import FrameEncoder

WIDTH = 32 + 16
FRAMES = dict(type="FrameEncoder", encoder=dict(type="ResNet", depth=18, pretrained=None))
MVIT = dict(type="MViT", spatial_size=32, temporal_size=4, arch=dict(
    embed_dims=8, num_layers=2, num_heads=1, downscale_indices=[1]))


@pytest.fixture
def views():
    return torch.randn(4, 2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(1))


def joined(pathways):
    return torch.cat([maps.mean((2, 3, 4)) for maps in pathways], 1)


def without_gradient(model, prefix=""):
    return [name for name, weight in model.named_parameters()
            if name.startswith(prefix) and weight.requires_grad and (weight.grad is None or not weight.grad.any())]


def test_slowfast_learns_from_both_pathways(views):
    model = recognizer(SLOWFAST, head=dict(in_channels=WIDTH)).train()
    losses = model(views, [], mode="loss")
    slow, fast = model.backbone(views[:, 0])
    assert (slow.shape[:3], fast.shape[:3]) == ((4, 32, 2), (4, 16, 8))
    z = [model.cls_head.projector(joined(model.backbone(views[:, i]))).detach().numpy() for i in (0, 1)]
    np.testing.assert_allclose([loss.item() for loss in losses.values()],
                               np.multiply(reference.vicreg(*z), (1, 1, 0.05)), rtol=1e-4)
    sum(losses.values()).backward()
    assert without_gradient(model) == []


def test_slowfast_with_a_momentum_encoder(views):
    model = byol_recognizer(SLOWFAST, in_channels=WIDTH).train()
    losses = model(views, [], mode="loss")
    head, z = model.cls_head, [model.cls_head.projector(joined(model.backbone(views[:, i]))) for i in (0, 1)]
    one, two = (reference.byol(head.predictor(z[i]).detach().numpy(), z[1 - i].detach().numpy()) for i in (0, 1))
    assert losses["loss_byol"].item() == pytest.approx((one + two) / 2, rel=1e-4)
    sum(losses.values()).backward()
    assert without_gradient(model) == []


@pytest.mark.parametrize("orders", [(0, 0), (0, 1), (2, 1), (2, 2)])
def test_slowfast_at_every_derivative_order(views, orders):
    """8 frames, of which ViDiDiHook(length=4) keeps 4 at every order."""
    model = recognizer(SLOWFAST, head=dict(in_channels=WIDTH)).train()
    pair = vt.differentiate_pair(*views.unbind(1), *orders, length=4)
    assert all(loss.isfinite() for loss in model(list(pair), [], mode="loss").values())


def works(encoder, frames, error):
    try:
        return bool(encoder(torch.zeros(1, 3, frames, 32, 32)))
    except error:
        return False


@pytest.mark.parametrize(("rate", "ratio"), [(8, 4), (4, 4), (4, 2), (2, 2), (6, 3), (4, 1)])
@pytest.mark.parametrize("lateral", [True, False])
def test_the_check_of_slowfast_refuses_exactly_what_does_not_work(rate, ratio, lateral):
    pathway = {**SLOWFAST["slow_pathway"], "lateral": lateral}
    backbone = {**SLOWFAST, "resample_rate": rate, "speed_ratio": ratio, "slow_pathway": pathway}
    checked, stock = recognizer(backbone).backbone.eval(), MODELS.build(backbone).eval()
    found = [works(checked, frames, ValueError) for frames in range(1, 10)]
    assert found == [works(stock, frames, RuntimeError) for frames in range(1, 10)]
    assert True in found


@pytest.mark.parametrize("test_cfg", [None, dict(max_testing_views=2)])
@pytest.mark.parametrize("head", ["VICRegHead", "RetrievalHead"])
def test_the_feature_of_slowfast_is_the_mean_over_clips(head, test_cfg):
    options = dict(in_channels=WIDTH, hidden_channels=16, out_channels=8) if head == "VICRegHead" else {}
    model = MODELS.build(dict(type="TwoViewRecognizer", backbone=SLOWFAST, cls_head=dict(type=head, **options),
                              test_cfg=test_cfg)).eval()
    clips = torch.randn(1, 5, 3, 8, 32, 32)
    with torch.no_grad():
        sample, = model(clips, [ActionDataSample()], mode="predict")
        torch.testing.assert_close(sample.feature, joined(model.backbone(clips[0])).mean(0))


def test_of_stages_the_last_one_is_used(views):
    backbone = dict(type="TorchvisionVideoBackbone", name="r3d_18")
    several = recognizer({**backbone, "out_indices": (1, 3)}, head=dict(in_channels=256)).train()
    one = recognizer({**backbone, "out_indices": 3}, head=dict(in_channels=256)).train()
    one.load_state_dict(several.state_dict())
    expected = one(views, [], mode="loss")
    for name, loss in several(views, [], mode="loss").items():
        torch.testing.assert_close(loss, expected[name])


@pytest.mark.parametrize("scales", [[-1], [0, 1]])
@pytest.mark.parametrize("token", [True, False])
def test_mvit_gives_its_class_token_or_the_mean_of_its_maps(views, token, scales):
    model = recognizer({**MVIT, "out_scales": scales, "output_cls_token": token}, head=dict(in_channels=16)).eval()
    with torch.no_grad():
        last = model.backbone(views[0])[-1]
        sample, = model(views[:1], [ActionDataSample()], mode="predict")
    torch.testing.assert_close(sample.feature, (last[1] if token else last.mean((2, 3, 4))).mean(0))


def test_a_2d_encoder_sees_each_frame(views):
    model = recognizer(FRAMES, head=dict(in_channels=512)).train()
    sum(model(views, [], mode="loss").values()).backward()
    assert without_gradient(model) == []
    model.eval()
    with torch.no_grad():
        maps = model.backbone(views[:, 0])
        assert maps.shape == (4, 512, 8, 1, 1)
        for number in range(8):
            torch.testing.assert_close(maps[:, :, number], model.backbone.encoder(views[:, 0, :, number]))


def test_tsm_shifts_features_between_the_frames_of_one_clip(views):
    encoder = dict(type="ResNetTSM", depth=18, pretrained=None, pretrained2d=False, num_segments=8)
    model = FrameEncoder(encoder).eval()
    model.init_weights()
    with torch.no_grad():
        maps = model(views[:2, 0])
        torch.testing.assert_close(maps[:1], model(views[:1, 0]))
        changed = model(torch.cat((views[:1, 0, :, :7], views[1:2, 0, :, 7:]), 2))
    assert not torch.allclose(changed[:, :, 6], maps[:1, :, 6])


@MODELS.register_module(force=True)
class Returns(BaseModule):
    """An encoder that returns what ``change`` makes of its maps."""

    def __init__(self, change):
        super().__init__()
        self.conv, self.change = nn.Conv3d(3, 32, 1), change

    def forward(self, clips):
        return self.change(self.conv(clips))


@pytest.mark.parametrize("build", [recognizer, byol_recognizer])
def test_an_encoder_that_returns_a_dict_is_refused(build, views):
    model = build(dict(type="Returns", change=lambda maps: dict(maps=maps)))
    with pytest.raises(TypeError, match=r"an encoder must return .* got dict {'maps': \(4, 32, 8, 32, 32\)}$"):
        model(views, [], mode="loss")


@pytest.mark.slow
def test_slowfast_trains_with_vididi_and_is_tested_by_retrieval(tiny, tmp_path):
    tiny.model.backbone = ConfigDict(SLOWFAST)
    tiny.model.cls_head.in_channels = WIDTH
    tiny.custom_hooks = [dict(type="ViDiDiHook", schedule="random-1st-2nd", length=4)]
    tiny.default_hooks.check_gradients = dict(type="CheckGradientsHook", error=True)
    tiny.test_evaluator[1].out = str(tmp_path / "features.npz")
    runner = Runner.from_cfg(tiny)
    runner.train()
    metrics = runner.test()
    assert (metrics["retrieval/gallery"], metrics["retrieval/queries"]) == (16, 8)
    with np.load(tmp_path / "features.npz") as file:
        assert file["features"].shape == (24, WIDTH)
        assert np.isfinite(file["features"]).all()
