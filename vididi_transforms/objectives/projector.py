"""The MLP between encoder and objective."""
from torch import nn

from ..checks import as_int


def build_projector(in_channels: int, hidden_channels: int, out_channels: int, num_layers: int = 3) -> nn.Sequential:
    """Multi-layer perceptron in front of an objective.

    Batch normalisation and ReLU follow every linear layer except the last.
    The paper uses 3 layers with 2048 hidden channels for VICReg (2048 out) and SimCLR (128 out), and 2 layers with 4096
    hidden channels for BYOL (256 out).

    Args:
        in_channels: D of the encoder's features.
        hidden_channels: width of the hidden layers.
        out_channels: D of the embeddings.
        num_layers: number of linear layers, >= 1.

    Shape:
        ``[B, in_channels]`` to ``[B, out_channels]``.

    Raises:
        TypeError: If ``num_layers`` is not an integer.
        ValueError: If ``num_layers`` is less than 1.

    Example:
        >>> import torch
        >>> build_projector(512, 2048, 128).eval()(torch.rand(2, 512)).shape
        torch.Size([2, 128])

    Source: paper appendix B.2.
    """
    layers: list[nn.Module] = []
    for _ in range(as_int("num_layers", num_layers, minimum=1) - 1):
        layers += [nn.Linear(in_channels, hidden_channels), nn.BatchNorm1d(hidden_channels), nn.ReLU(inplace=True)]
        in_channels = hidden_channels
    return nn.Sequential(*layers, nn.Linear(in_channels, out_channels))
