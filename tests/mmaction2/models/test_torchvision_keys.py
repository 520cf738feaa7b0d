"""Weights renamed between MMAction2's and torchvision's keys give the same numbers."""
import pytest
import torch
from encoders import OURS, STOCK, encoder, same, torchvision_model
from torch import nn

from vididi_transforms.mmaction2.models.torchvision_keys import from_torchvision, to_torchvision


def numbered(build, name):
    """The state dict of a model in which each tensor has a value of its own."""
    with torch.device("meta"):
        state_dict = build(name).state_dict()
    return {key: torch.tensor(number, dtype=value.dtype).expand(value.shape)
            for number, (key, value) in enumerate(state_dict.items())}


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


@pytest.mark.parametrize("name", (STOCK | OURS))
def test_there_and_back(name):
    network, ours = numbered(torchvision_model, name), numbered(encoder, name)
    assert same(from_torchvision(to_torchvision(ours, name), name), ours)
    without_classifier = {key: value for key, value in network.items() if not key.startswith(("fc.", "classifier."))}
    assert 0 < len(without_classifier) < len(network)
    assert same(to_torchvision(from_torchvision(network, name), name), without_classifier)
    assert from_torchvision(network, name).keys() == ours.keys()


@pytest.mark.parametrize("convert", [to_torchvision, from_torchvision])
def test_other_tensors_are_refused(convert):
    weights = from_torchvision(numbered(torchvision_model, "mc3_18"), "mc3_18")
    with pytest.raises(ValueError, match=r"the tensors must be those of torchvision's r3d_18: 1\d of 120 have another "
                                         r"name or shape, \['layer2.0.conv1.0.weight \(128, 64, 1, 3, 3\)', .*; 0 are "
                                         r"missing, \[\]"):
        convert(to_torchvision(weights, "mc3_18"), "r3d_18")
    with pytest.raises(ValueError, match="name must be one of r3d_18, mc3_18, r2plus1d_18, s3d: got 'r3d_50'"):
        convert(weights, "r3d_50")
    del weights["layer4.1.conv2.conv.weight"]
    with pytest.raises(ValueError, match=r"1 are missing, \['layer4.1.conv2.0.weight'\]"):
        to_torchvision(weights, "mc3_18")
