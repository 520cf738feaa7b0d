"""A trained encoder elsewhere: the same numbers in stock MMAction2 and in torchvision, or a clear refusal."""
import logging
import os
import pickle
import re

import pytest
import torch
from commands import command
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.model import BaseModel
from mmengine.registry import HOOKS, DefaultScope
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset
from torchvision.models import video

from vididi_transforms.mmaction2.models.weights import export_encoder, from_torchvision, to_torchvision

main = command("weights")

STOCK = dict(
    r3d_18=dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, with_pool1=False, with_pool2=False,
                temporal_strides=(1, 2, 2, 2), zero_init_residual=False),
    mc3_18=dict(type="ResNet3d", depth=18, pretrained=None, pretrained2d=False, with_pool1=False, with_pool2=False,
                inflate=(1, 0, 0, 0), temporal_strides=(1, 1, 1, 1), zero_init_residual=False))
OURS = {name: dict(type="TorchvisionVideoBackbone", name=name) for name in ("r2plus1d_18", "s3d")}
SMALL = dict(STOCK["r3d_18"], base_channels=4)
NAMES = (*STOCK, *OURS)


def encoder(name):
    return MODELS.build((STOCK | OURS)[name])


def numbered(build, name):
    """A model's state dict where each tensor has a value of its own."""
    with torch.device("meta"):
        state_dict = build(name).state_dict()
    return {key: torch.tensor(number, dtype=value.dtype).expand(value.shape)
            for number, (key, value) in enumerate(state_dict.items())}


def torchvision_model(name):
    return getattr(video, name)()


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("name", STOCK)
def test_stock_resnet_gives_torchvisions_numbers(name):
    network = torchvision_model(name).eval()
    for key, buffer in network.named_buffers():
        if "running" in key:
            buffer.uniform_(0.5, 1.5)
    with torch.device("meta"):
        stock = encoder(name)
    stock.load_state_dict(from_torchvision(network.state_dict(), name), strict=True, assign=True)
    stock.eval()  # returns None
    network.avgpool = network.fc = nn.Identity()
    for frames in (6, 8):
        x = torch.randn(1, 3, frames, 32, 32, generator=torch.Generator().manual_seed(frames))
        with torch.no_grad():
            assert torch.equal(stock(x).flatten(1), network(x))


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name):
    network, ours = numbered(torchvision_model, name), numbered(encoder, name)
    assert same(from_torchvision(to_torchvision(ours, name), name), ours)
    whole = {key: value for key, value in network.items() if not key.startswith(("fc.", "classifier."))}
    assert 0 < len(whole) < len(network)
    assert same(to_torchvision(from_torchvision(network, name), name), whole)
    assert from_torchvision(network, name).keys() == ours.keys()


@pytest.mark.parametrize("convert", [to_torchvision, from_torchvision])
def test_other_tensors_are_refused(convert):
    weights = from_torchvision(numbered(torchvision_model, "mc3_18"), "mc3_18")
    with pytest.raises(ValueError, match=r"the tensors must be those of torchvision's r3d_18: 1\d of 120 are not, "
                                         r"\['layer2.0.conv1.0.weight \(128, 64, 1, 3, 3\)', .*; 0 are missing, \[\]"):
        convert(to_torchvision(weights, "mc3_18"), "r3d_18")
    with pytest.raises(ValueError, match="name must be one of r3d_18, mc3_18, r2plus1d_18, s3d: got 'r3d_50'"):
        convert(weights, "r3d_50")
    del weights["layer4.1.conv2.conv.weight"]
    with pytest.raises(ValueError, match=r"1 are missing, \['layer4.1.conv2.0.weight'\]"):
        to_torchvision(weights, "mc3_18")


class Pairs(Dataset):
    """4 videos with two clips each."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return dict(inputs=torch.randint(0, 255, (2, 3, 6, 16, 16), dtype=torch.uint8, generator=generator),
                    data_samples=ActionDataSample())


def train(folder, backbone, width):
    """A real checkpoint: one step of two streams with the hook, saved by mmengine."""
    torch.manual_seed(0)
    head = dict(type="VICRegHead", in_channels=width, hidden_channels=16, out_channels=8)
    Runner(
        model=dict(type="TwoViewRecognizer", backbone=backbone, cls_head=head,
                   data_preprocessor=dict(type="ActionDataPreprocessor", mean=[128.0] * 3, std=[64.0] * 3,
                                         format_shape="NCTHW")),
        work_dir=str(folder), train_cfg=dict(by_epoch=True, max_epochs=1), custom_hooks=[dict(type="ViDiDiHook")],
        train_dataloader=dict(batch_size=4, dataset=Pairs(), sampler=dict(type="DefaultSampler", shuffle=False),
                              collate_fn=dict(type="pseudo_collate")),
        optim_wrapper=dict(optimizer=dict(type="SGD", lr=0.1, momentum=0.9)), experiment_name=str(folder),
        log_level="WARNING", default_scope="mmaction").train()
    return folder / "epoch_1.pth"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with DefaultScope.overwrite_default_scope("mmaction"):
        return train(tmp_path_factory.mktemp("mc3"), STOCK["mc3_18"], 512)


@pytest.fixture(scope="module")
def trained_small(tmp_path_factory):
    with DefaultScope.overwrite_default_scope("mmaction"):
        return train(tmp_path_factory.mktemp("small"), SMALL, 32)


def backbone_of(checkpoint):
    state_dict = torch.load(checkpoint, weights_only=True)["state_dict"]
    return {key[9:]: value for key, value in state_dict.items() if key.startswith("backbone.")}


def recognizer(backbone, width):
    return MODELS.build(dict(type="Recognizer3D", backbone=backbone,
                             cls_head=dict(type="I3DHead", num_classes=5, in_channels=width)))


def loading_runner(model, checkpoint, folder, **kwargs):
    return Runner(model=model, work_dir=str(folder), load_from=str(checkpoint), experiment_name=str(folder),
                  custom_hooks=[dict(type="CheckLoadedHook")], **kwargs)


def test_export_for_stock_mmaction2(trained_small, tmp_path, capsys):
    out = tmp_path / "new" / "encoder.pth"
    main([str(trained_small), str(out)])
    assert re.fullmatch(r"120 tensors, \d\.\d MB, layout mmaction2: .*encoder.pth\n", capsys.readouterr().out)
    assert os.listdir(out.parent) == ["encoder.pth"]
    assert out.stat().st_size < trained_small.stat().st_size
    model = recognizer(SMALL, 32)
    expected = backbone_of(trained_small)
    assert not same(dict(model.backbone.state_dict()), expected)
    loading_runner(model, out, tmp_path).load_or_resume()
    assert same(dict(model.backbone.state_dict()), expected)


def test_export_for_torchvision(trained, tmp_path, capsys):
    out = tmp_path / "encoder.pth"
    main([str(trained), str(out), "--layout", "torchvision"])
    network = video.mc3_18()
    missing, unexpected = network.load_state_dict(torch.load(out, weights_only=True)["state_dict"], strict=False)
    assert (missing, unexpected) == (["fc.weight", "fc.bias"], [])
    stock = encoder("mc3_18")
    stock.load_state_dict(backbone_of(trained))
    stock.eval()
    network.avgpool = network.fc = nn.Identity()
    x = torch.randn(1, 3, 6, 32, 32)
    with torch.no_grad():
        assert torch.equal(network.eval()(x), stock(x).flatten(1))


def test_export_of_the_bare_encoder(trained_small, tmp_path):
    written = export_encoder(trained_small, tmp_path / "encoder.pth", "plain")
    content = torch.load(tmp_path / "encoder.pth", weights_only=True)
    assert same(content["state_dict"], backbone_of(trained_small))
    assert same(content["state_dict"], written)
    assert {"epoch", "iter", "layout", "vididi_transforms"} <= content["meta"].keys()
    assert "cfg" not in content["meta"]
    assert content["meta"]["layout"] == "plain"


def test_export_takes_the_online_encoder_of_wrapped_models(tmp_path):
    one, zero = torch.ones(2), torch.zeros(2)
    torch.save(dict(state_dict={"module.backbone.w": one, "module.target.backbone.w": zero,
                                "module.target_backbone.w": zero, "module.cls_head.w": zero}), tmp_path / "byol.pth")
    written = export_encoder(tmp_path / "byol.pth", tmp_path / "out.pth", "plain")
    assert same(written, {"w": one})


class Code:
    def __reduce__(self):
        return os.mkdir, ("was_run",)


def test_pickled_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict={"backbone.w": torch.ones(2)}, meta=Code()), "evil.pth")
    with pytest.raises(ValueError, match=r"no code of it is run: evil\.pth was refused by torch's safe") as caught:
        export_encoder("evil.pth", "out.pth")
    assert isinstance(caught.value.__cause__, pickle.UnpicklingError)
    assert os.listdir() == ["evil.pth"]


def test_what_cannot_be_exported_is_refused(trained_small, tmp_path):
    for name, content in (("head", dict(state_dict={"cls_head.w": torch.ones(2)})), ("list", [1])):
        torch.save(content, tmp_path / name)
    out = tmp_path / "out.pth"
    for path, layout, text in (
            (tmp_path / "head", "plain", r"must have keys backbone\.\*: .*head starts with \['cls_head.w'\]"),
            (tmp_path / "list", "plain", r"a checkpoint must be a dict: .*list holds list"),
            (trained_small, "keras", "layout must be one of mmaction2, torchvision, plain: got 'keras'"),
            (trained_small, "torchvision", r"only r3d_18, .* are torchvision's: got another encoder, with "
             r"\['conv1.conv.weight \(4, 3, 3, 7, 7\)', ")):
        with pytest.raises(ValueError, match=text):
            export_encoder(path, out, layout)
    assert not out.exists()


def test_a_failed_export_leaves_the_old_file(trained_small, tmp_path, monkeypatch):
    out = tmp_path / "encoder.pth"
    out.write_text("old")

    def broken(content, path):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", broken)
    with pytest.raises(OSError, match="disk full"):
        export_encoder(trained_small, out)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"encoder.pth": "old"}


def test_the_command_tells_a_mistake_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "no.pth"), str(tmp_path / "out.pth")])
    assert re.search(r"error: .*No such file or directory: .*no.pth", capsys.readouterr().err)


class Wrapped(BaseModel):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4))
        self.cls_head = nn.Linear(4, 2)

    def forward(self, inputs, mode="tensor"):
        return inputs


def test_what_was_loaded_is_logged(tmp_path):
    model = Wrapped()
    state_dict = {f"module.{key}": value for key, value in model.state_dict().items()}
    state_dict["module.backbone.0.weight"] = torch.ones(8, 3, 1, 1, 1)
    torch.save(dict(state_dict=state_dict), tmp_path / "other.pth")
    runner = loading_runner(model, tmp_path / "other.pth", tmp_path)
    lines = []
    runner.logger.info = lines.append
    runner.load_or_resume()
    assert [line for line in lines if "backbone tensors" in line] == ["loaded 5 of 6 backbone tensors"]


@pytest.mark.parametrize("change", [
    lambda key, value: (key.removeprefix("backbone."), value),  # the encoder's own keys
    lambda key, value: (key, torch.cat((value, value)) if value.ndim else value),  # another width; the counters fit
], ids=["names", "shapes"])
def test_a_checkpoint_without_the_encoder_is_refused(tmp_path, change):
    model = Wrapped()
    torch.save(dict(state_dict=dict(change(*item) for item in model.state_dict().items())), tmp_path / "other.pth")
    text = (r"at least one tensor of the model's backbone .* the model has \[backbone.0.weight \(4, 3, 1, 1, 1\), .*, "
            r"\.\.\.\], the checkpoint \[.*0.weight \(.*`vididi weights CHECKPOINT OUT`")
    with pytest.raises(ValueError, match=text):
        loading_runner(model, tmp_path / "other.pth", tmp_path).load_or_resume()


def test_the_check_looks_through_ddp():
    class Wrapper(nn.Module):  # its keys are those of DDP
        def __init__(self, module):
            super().__init__()
            self.module = module

    class StubRunner:
        model = Wrapper(Wrapped())
        logger = logging.getLogger("test")

    lines = []
    StubRunner.logger.info = lines.append
    HOOKS.build(dict(type="CheckLoadedHook")).after_load_checkpoint(StubRunner, StubRunner.model.module.state_dict())
    assert lines == ["loaded 6 of 6 backbone tensors"]
