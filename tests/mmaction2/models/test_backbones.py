"""torchvision's video models as backbones: the same numbers, and the options of MMAction2's backbones."""
import copy

import pytest
import torch
from mmaction.registry import MODELS
from torch import nn
from torchvision.models import video

NAMES = ("r3d_18", "mc3_18", "r2plus1d_18", "s3d")
RESNET = ("stem", "layer1", "layer2", "layer3", "layer4")


def backbone(name="mc3_18", **kwargs):
    torch.manual_seed(0)
    return MODELS.build(dict(type="TorchvisionVideoBackbone", name=name, **kwargs))


def clips(frames=6, size=32, batch=1):
    return torch.randn(batch, 3, frames, size, size, generator=torch.Generator().manual_seed(1))


def before_pooling(network, x):
    """The input of the pooling in torchvision's own forward pass."""
    seen = []
    network.avgpool = nn.Identity()
    network.avgpool.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    for classifier in ("fc", "classifier"):
        if hasattr(network, classifier):
            setattr(network, classifier, nn.Identity())
    network(x)
    return seen[0]


def with_random_statistics(network):
    """The network with random running statistics, so that evaluation mode depends on them."""
    generator = torch.Generator().manual_seed(2)
    for name, buffer in network.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    return network


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_torchvisions(name):
    network, ours = with_random_statistics(getattr(video, name)()), backbone(name)
    missing, unexpected = ours.load_state_dict(network.state_dict(), strict=False)
    assert missing == []
    assert {key.split(".")[0] for key in unexpected} == {"classifier" if name == "s3d" else "fc"}
    for training in (False, True):
        with torch.no_grad():
            maps = ours.train(training)(clips(batch=2))
            assert torch.equal(maps, before_pooling(network.train(training), clips(batch=2)))
        assert maps.shape[1] == ours.feat_dim


@pytest.mark.parametrize(("name", "strides"), [("r3d_18", (8, 16)), ("mc3_18", (1, 16)), ("r2plus1d_18", (8, 16))])
def test_strides(name, strides):
    time, space = strides
    with torch.no_grad():
        assert backbone(name).eval()(clips(8)).shape == (1, 512, 8 // time, 32 // space, 32 // space)


@pytest.mark.parametrize(("frames", "length"), [(6, 1), (7, 1), (8, 1), (16, 2)])
def test_s3d_takes_short_clips(frames, length):
    with torch.no_grad():
        assert backbone("s3d").eval()(clips(frames, size=112)).shape == (1, 1024, length, 3, 3)


def test_no_classifier():
    assert {key.split(".")[0] for key in backbone().state_dict()} == set(RESNET)
    assert {key.split(".")[0] for key in backbone("s3d").state_dict()} == {"features"}


def test_s3d_is_cut_before_its_max_pools():
    network = backbone("s3d")
    assert [layer for stage in network.stages for layer in stage] == list(network.features)
    assert len(network.features) == len(video.s3d().features)
    for number, stage in enumerate(network.stages):
        pools = [isinstance(layer, nn.MaxPool3d) for layer in stage]
        assert pools == [number > 0] + [False] * (len(pools) - 1)


@pytest.mark.parametrize(("name", "widths"), [("mc3_18", (64, 64, 128, 256, 512)), ("s3d", (64, 192, 480, 832, 1024))])
def test_out_indices(name, widths):
    whole = backbone(name, out_indices=(0, 1, 2, 3, 4)).eval()
    with torch.no_grad():
        maps = whole(clips())
        assert isinstance(maps, tuple)
        assert tuple(out.shape[1] for out in maps) == widths
        x = clips()
        for stage, out in zip(whole.stages, maps, strict=True):
            x = stage(x)
            assert torch.equal(out, x)
        for out_indices in (2, [2]):
            part = backbone(name, out_indices=out_indices).eval()
            part.load_state_dict(whole.state_dict(), strict=False)
            assert torch.equal(part(clips()), maps[2])
            assert part.feat_dim == widths[2]
            assert len(part.state_dict()) < len(whole.state_dict())


@pytest.mark.parametrize("name", ["mc3_18", "s3d"])
def test_frozen_stages_keep_weights_and_statistics(name):
    network = backbone(name, frozen_stages=1)
    assert network.train() is network
    before = copy.deepcopy(network.state_dict())
    network(clips(size=32 if name == "s3d" else 16, batch=2)).sum().backward()
    for number, stage in enumerate(network.stages):
        frozen = number <= 1
        assert all((parameter.grad is None) == frozen for parameter in stage.parameters())
        assert all(layer.training != frozen for layer in stage.modules() if isinstance(layer, nn.BatchNorm3d))
    changed = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    frozen_keys = ("stem", "layer1") if name == "mc3_18" else tuple(f"features.{i}." for i in range(4))
    counters = {key for key in before if "running" in key or "num_batches" in key}
    assert changed == {key for key in counters if not key.startswith(frozen_keys)}
    assert len(changed) > 0
    assert not any(module.training for module in network.eval().modules())


def test_norm_eval():
    network = backbone(norm_eval=True).train()
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert {type(module).__name__ for module in network.modules() if not module.training} == {"BatchNorm3d"}
    assert network.training


@pytest.mark.parametrize("name", ["mc3_18", "s3d"])
def test_gradient_checkpointing_changes_memory_only(name):
    def steps(with_cp):
        network = backbone(name, out_indices=3, with_cp=with_cp, frozen_stages=0).train()
        saved = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: saved.append(x.numel()) or x, lambda x: x):
            loss = network(clips(size=16, batch=2)).square().mean()
        loss.backward()
        network(clips(size=16, batch=2)).square().mean().backward()
        return sum(saved), {key: p.grad for key, p in network.named_parameters()}, network.state_dict()

    (memory, gradients, state), (plain_memory, plain_gradients, plain_state) = steps(True), steps(False)
    assert memory < plain_memory / 4
    torch.testing.assert_close(gradients, plain_gradients, rtol=0, atol=0)
    torch.testing.assert_close(state, plain_state, rtol=0, atol=0)  # the running statistics are updated once


def test_synchronised_batch_norm_is_used_after_conversion():
    network = nn.SyncBatchNorm.convert_sync_batchnorm(backbone("s3d", frozen_stages=0))
    norms = {type(layer).__name__ for stage in network.stages for layer in stage.modules() if "Norm" in
             type(layer).__name__ and "Activation" not in type(layer).__name__}
    assert norms == {"SyncBatchNorm"}
    assert not any(layer.training for layer in network.train().stages[0].modules() if isinstance(
        layer, nn.SyncBatchNorm))


def test_starts_from_a_pretrained_encoder(tmp_path):
    trained = {f"backbone.{key}": torch.rand_like(value.float()).to(value.dtype)
               for key, value in backbone().state_dict().items()}
    torch.save(dict(state_dict=trained, meta={}), tmp_path / "epoch_1.pth")
    network = backbone(init_cfg=dict(type="Pretrained", checkpoint=str(tmp_path / "epoch_1.pth"), prefix="backbone."))
    network.init_weights()
    for key, value in network.state_dict().items():
        assert torch.equal(value, trained[f"backbone.{key}"]), key


@pytest.mark.parametrize("name", ["r2plus1d_18", "s3d"])
@pytest.mark.parametrize("frames", [6, 7, 8])
def test_gradients_do_not_depend_on_the_convolution_library(name, frames):
    """oneDNN's gradient of a long kernel with stride over few frames depends on memory outside of the tensor."""
    stem, views = backbone(name=name, out_indices=0).eval(), clips(frames, batch=2)
    for _ in range(4):
        gradients = []
        for size in (64 * 64 * 7, 4_000_000):
            torch.full((size,), torch.nan)  # freed at once, so that convolutions find nan there
        for library in (True, False):
            with torch.backends.mkldnn.flags(enabled=library):
                gradients.append(torch.autograd.grad(stem(views).square().sum(), stem.parameters()))
        for ours, plain in zip(*gradients, strict=True):
            torch.testing.assert_close(ours, plain, rtol=1e-3, atol=1e-4 * float(plain.abs().max()))


@pytest.mark.parametrize("name", ["r2plus1d_18", "s3d"])
def test_a_training_step_on_two_views(name):
    torch.manual_seed(0)
    width, size = (1024, 32) if name == "s3d" else (512, 16)
    model = MODELS.build(dict(
        type="TwoViewRecognizer", backbone=dict(type="TorchvisionVideoBackbone", name=name),
        cls_head=dict(type="VICRegHead", in_channels=width, hidden_channels=16, out_channels=8))).train()
    model.init_weights()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = copy.deepcopy(dict(model.named_parameters()))
    views = torch.randn(2, 2, 3, 6, size, size, generator=torch.Generator().manual_seed(0))
    sum(model(views, [], mode="loss").values()).backward()
    optimizer.step()
    assert [key for key, p in model.named_parameters() if p.grad is None] == []
    moved = [key for key, p in model.named_parameters() if not torch.equal(p, before[key])]
    assert len(moved) > 0.9 * len(before)
    assert all(torch.isfinite(p).all() for p in model.parameters())
