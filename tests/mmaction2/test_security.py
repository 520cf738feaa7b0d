"""Every way to load a checkpoint refuses files with code and accepts honest ones."""
import contextlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import mmaction
import pytest
import torch
from commands import command
from evil_files import EVIL, FORMATS, evil, zip_file
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader, load_checkpoint
from paths import DEMO
from small_run import Model, small_run
from torch import nn

from vididi_transforms.mmaction2.compat import safe_loading
from vididi_transforms.mmaction2.models.weights import export_encoder

main = command("weights")

REFUSED = r"its code is never run: torch's safe loader refused .*, .*; ask its author for a file written with torch"


def resume(path):
    small_run(path.parent / "work", load_from=str(path), resume=True).train()


def load_from(path):
    small_run(path.parent / "work", load_from=str(path)).train()


def init_cfg(path):
    module = BaseModule(init_cfg=dict(type="Pretrained", checkpoint=str(path), prefix="backbone."))
    module.conv = nn.Linear(1, 1)
    module.init_weights()


def stock_pretrained(path):
    backbone = dict(type="ResNet3d", depth=18, base_channels=4, pretrained=str(path), pretrained2d=False)
    MODELS.build(backbone).init_weights()


def inference(path):
    load_checkpoint(Model(), str(path), map_location="cpu")


def url(path):
    """From the download cache, so that no network is needed. mmengine loads URLs with ``weights_only=False``."""
    cached = path.parent / "hub/checkpoints/evil.pth"
    cached.parent.mkdir(parents=True)
    path.rename(cached)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(path.parent))
        load_checkpoint(Model(), "https://example.com/evil.pth")


def export(path):
    export_encoder(path, path.parent / "out.pth")


DOORS = (resume, load_from, init_cfg, stock_pretrained, inference, url, export)


@pytest.fixture(params=EVIL)
def attack(request, tmp_path):
    return evil(request.param, tmp_path)


def test_the_ordinary_loader_would_run_it(attack, tmp_path):
    """The files that the tests below refuse are dangerous."""
    data = pickle.dumps(attack, protocol=2)
    with contextlib.suppress(TypeError, AttributeError, RuntimeError):  # raised by what the call returned
        pickle.loads(data)
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses(door, attack, tmp_path):
    torch.save(dict(state_dict={"backbone.weight": torch.ones(1, 1)}, meta=attack), tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=REFUSED):
        door(tmp_path / "evil.pth")
    assert not (tmp_path / "marker").exists()
    assert not (tmp_path / "out.pth").exists()


@pytest.mark.parametrize("door", [resume, export])
@pytest.mark.parametrize("write", FORMATS)
def test_every_format_is_refused(door, write, tmp_path):
    write(dict(state_dict=evil("posix.system", tmp_path)), tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=REFUSED):
        door(tmp_path / "evil.pth")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("place", ["", "state_dict", "meta", "message_hub", "optimizer", "vididi"])
def test_the_message_says_what_was_asked_for(place, tmp_path):
    attack = evil("posix.system", tmp_path)
    torch.save({place: attack} if place else attack, tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=f"refused {tmp_path}/evil.pth, as it asks for posix.system; ask its author"):
        resume(tmp_path / "evil.pth")


def test_the_command_says_it_in_one_line(tmp_path, capsys):
    torch.save(evil("eval", tmp_path), tmp_path / "evil.pth")
    with pytest.raises(SystemExit):
        main([str(tmp_path / "evil.pth"), str(tmp_path / "out.pth")])
    assert "error: a checkpoint may hold only tensors and plain values" in capsys.readouterr().err


@pytest.mark.parametrize("door", DOORS)
def test_torchs_variable_opens_no_door(door, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    torch.save(dict(state_dict=evil("posix.system", tmp_path)), tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=REFUSED):
        door(tmp_path / "evil.pth")
    assert not (tmp_path / "marker").exists()
    assert os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] == "1"  # torch.load elsewhere stays as it was
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


def test_all_schemes_of_mmengine_are_safe():
    assert len(CheckpointLoader._schemes) >= 9
    assert {loader.__code__ for loader in CheckpointLoader._schemes.values()} == {
        safe_loading.safely(load_checkpoint).__code__}


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError):
        inference(tmp_path / "no.pth")
    (tmp_path / "cut.pth").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises((RuntimeError, EOFError), match=r"(?i)archive|end|ran out") as caught:
        inference(tmp_path / "cut.pth")
    assert "its code" not in str(caught.value)


def test_an_honest_run_is_resumed(tmp_path):
    """Also from a checkpoint that was saved after a resume."""
    whole = small_run(tmp_path / "whole", 3)
    whole.train()
    for epochs in (1, 2, 3):
        run = small_run(tmp_path / "parts", epochs, resume=True)
        run.train()
    assert run.iter == whole.iter == 6
    torch.testing.assert_close(run.model.state_dict(), whole.model.state_dict(), rtol=0, atol=0)
    logged, expected = (each.message_hub.get_scalar("train/loss").data for each in (run, whole))
    assert logged[0].tolist() == expected[0].tolist()
    assert len(logged[0]) == 6


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", ["0", "1"])
def test_the_stock_tool_refuses(tiny_options, tmp_path, unsafe):
    (tmp_path / "work").mkdir()
    zip_file(dict(state_dict=evil("posix.system", tmp_path)), tmp_path / "work/epoch_1.pth")
    (tmp_path / "work/last_checkpoint").write_text(str(tmp_path / "work/epoch_1.pth"))
    options = [f"{key}={value}" for key, value in tiny_options.items() if key != "work_dir"]
    command = [sys.executable, Path(mmaction.__file__).parent / ".mim/tools/train.py", DEMO, "--resume", "--work-dir",
               tmp_path / "work", "--cfg-options", *options]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                            env={**os.environ, "OMP_NUM_THREADS": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": unsafe})
    assert result.returncode != 0
    assert "epoch_1.pth, as it asks for posix.system" in result.stderr
    assert ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set" in result.stdout + result.stderr) == (unsafe == "1")
    assert not (tmp_path / "marker").exists()
