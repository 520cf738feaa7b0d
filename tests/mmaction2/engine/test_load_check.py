"""CheckLoadedHook logs how many backbone tensors match, and stops the run if none does."""
import logging

import pytest
import torch
from encoders import loading_runner
from mmengine.model import BaseModel
from mmengine.registry import HOOKS
from torch import nn


class Wrapped(BaseModel):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4))
        self.cls_head = nn.Linear(4, 2)

    def forward(self, inputs, mode="tensor"):
        return inputs


def test_the_number_of_loaded_tensors_is_logged(tmp_path):
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
    lambda key, value: (key.removeprefix("backbone."), value),  # the bare encoder's keys
    lambda key, value: (key, torch.cat((value, value)) if value.ndim else value),  # another width; the counters match
], ids=["names", "shapes"])
def test_a_checkpoint_without_the_encoder_is_refused(tmp_path, change):
    model = Wrapped()
    torch.save(dict(state_dict=dict(change(*item) for item in model.state_dict().items())), tmp_path / "other.pth")
    text = (r"at least one tensor of the model's backbone .* the model has \[backbone.0.weight \(4, 3, 1, 1, 1\), .*, "
            r"\.\.\.\], the checkpoint \[.*0.weight \(.*`vididi weights CHECKPOINT OUT`")
    with pytest.raises(ValueError, match=text):
        loading_runner(model, tmp_path / "other.pth", tmp_path).load_or_resume()


def test_the_check_looks_through_ddp():
    class Wrapper(nn.Module):  # adds 'module.' to the keys, as DDP does
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
