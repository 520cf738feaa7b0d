"""The MLP heads between encoder and objective."""
from torch import nn


def build_projector(in_channels: int, hidden_channels: int, out_channels: int, num_layers: int = 3) -> nn.Sequential:
    """Multi-layer perceptron: batch normalisation and ReLU after every layer but the last, which is plain.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels: width of the layers between.
        out_channels: D of the embedding.
        num_layers: number of linear layers, >= 1. Paper: 3 of 2048 to 2048 for VICReg and to 128 for SimCLR,
            2 of 4096 to 256 for BYOL.

    Shape:
        ``[B, in_channels]`` to ``[B, out_channels]``.

    Raises:
        ValueError: ``num_layers`` is less than 1.

    Example:
        >>> import torch
        >>> build_projector(512, 2048, 128).eval()(torch.rand(2, 512)).shape
        torch.Size([2, 128])

    Source: paper appendix B.2.
    """
    if num_layers < 1:
        raise ValueError(f"num_layers must be >= 1: got {num_layers}")
    layers: list[nn.Module] = []
    for _ in range(num_layers - 1):
        layers += [nn.Linear(in_channels, hidden_channels), nn.BatchNorm1d(hidden_channels), nn.ReLU(inplace=True)]
        in_channels = hidden_channels
    return nn.Sequential(*layers, nn.Linear(in_channels, out_channels))
