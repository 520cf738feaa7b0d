"""Export of a trained encoder: exactly its tensors, in one of three layouts, or an error."""
import json
import os
import pickle
import re
from importlib import import_module

import pytest
import safetensors.torch
import torch
from commands import command
from encoders import STOCK, encoder, loading_runner, same, torchvision_model
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from spoiled_disk import full_disk
from torch import nn
from torch.utils.data import Dataset

from vididi_transforms import cli
from vididi_transforms.mmaction2.models.weights import LAYOUTS, export_encoder

main = command("weights")
SMALL = dict(STOCK["r3d_18"], base_channels=4)


class Pairs(Dataset):
    """Four videos with two clips each."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return dict(inputs=torch.randint(0, 255, (2, 3, 6, 16, 16), dtype=torch.uint8, generator=generator),
                    data_samples=ActionDataSample())


def train(folder, backbone, width):
    """A checkpoint of mmengine: one training step on two views, with ViDiDiHook."""
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


def test_export_for_stock_mmaction2(trained_small, tmp_path, capsys):
    out = tmp_path / "new" / "encoder.pth"
    main([str(trained_small), str(out)])
    assert re.fullmatch(r"120 tensors, \d\.\d MB, layout mmaction2: .*encoder.pth\n"
                        rf"Next: mim train mmaction2 CONFIG.py --cfg-options load_from={out}\n",
                        capsys.readouterr().out)
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
    load = f"model.load_state_dict(torch.load('{out}')['state_dict'], strict=False)"
    assert capsys.readouterr().out.endswith(f"Next: {load}\n")
    network = torchvision_model("mc3_18")
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


def test_export_as_safetensors(trained_small, tmp_path, capsys):
    out = tmp_path / "encoder.safetensors"
    main([str(trained_small), str(out), "--layout", "plain"])
    expected = backbone_of(trained_small)
    assert same(safetensors.torch.load_file(out), expected)
    with safetensors.safe_open(out, "pt") as file:
        facts = file.metadata()
    assert facts["layout"] == "plain"
    assert json.loads(facts["iter"]) == torch.load(trained_small, weights_only=True)["meta"]["iter"]
    model = recognizer(SMALL, 32)
    exec(capsys.readouterr().out.splitlines()[-1].removeprefix("Next: "), dict(model=model, safetensors=safetensors))
    assert same(dict(model.backbone.state_dict()), expected)
    with pytest.raises(ValueError, match=r"the layout of a safetensors file must be plain or torchvision, .*got mmact"):
        export_encoder(trained_small, out)


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
    with pytest.raises(ValueError, match=r"torch's safe loader refused evil\.pth, as it asks for") as caught:
        export_encoder("evil.pth", "out.pth")
    assert isinstance(caught.value.__cause__, pickle.UnpicklingError)
    assert os.listdir() == ["evil.pth"]


def test_unsuitable_checkpoints_are_refused(trained_small, tmp_path):
    for name, content in (("head", dict(state_dict={"cls_head.w": torch.ones(2)})), ("list", [1])):
        torch.save(content, tmp_path / name)
    out = tmp_path / "out.pth"
    for path, layout, text in (
            (tmp_path / "head", "plain", r"must have keys backbone\.\*: .*head starts with \['cls_head.w'\]"),
            (tmp_path / "list", "plain", r"a checkpoint must be a dict: .*list holds list"),
            (trained_small, "keras", "layout must be one of mmaction2, torchvision, plain: got 'keras'"),
            (trained_small, "torchvision", r"the torchvision layout needs a whole r3d_18, .*: got an encoder "
             r"that starts with \['conv1.conv.weight \(4, 3, 3, 7, 7\)', ")):
        with pytest.raises(ValueError, match=text):
            export_encoder(path, out, layout)
    assert not out.exists()


def test_a_failed_export_leaves_the_old_file(trained_small, tmp_path):
    out = tmp_path / "encoder.pth"
    out.write_text("old")
    with pytest.raises(OSError, match=rf"File too large: '{out}'"), full_disk(1000):
        export_encoder(trained_small, out)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"encoder.pth": "old"}


def test_the_printed_line_loads_the_bare_encoder(trained_small, tmp_path, capsys):
    main([str(trained_small), str(tmp_path / "encoder.pth"), "--layout", "plain"])
    model = recognizer(SMALL, 32)
    exec(capsys.readouterr().out.splitlines()[-1].removeprefix("Next: "), dict(model=model, torch=torch))
    assert same(dict(model.backbone.state_dict()), backbone_of(trained_small))


def test_the_command_offers_every_layout():
    parser = cli.command_parser("weights", import_module("vididi_transforms.commands.weights"))
    layout, = (action for action in parser._actions if action.dest == "layout")
    assert [*layout.choices] == [*LAYOUTS]


def test_the_command_reports_an_error_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "no.pth"), str(tmp_path / "out.pth")])
    assert re.search(r"error: .*No such file or directory: .*no.pth", capsys.readouterr().err)
