"""An encoder's weights under torchvision's keys and back.

An encoder's own keys are those of stock ``ResNet3d`` (``r3d_18``, ``mc3_18``) or torchvision's, which
``TorchvisionVideoBackbone`` keeps.
"""
import re
from collections.abc import Iterable, Mapping
from functools import cache

import torch
from torch import Tensor

from .backbones import WIDTHS, TorchvisionVideoBackbone

STOCK = ("r3d_18", "mc3_18")  # those that stock ResNet3d can be
CLASSIFIERS = ("fc.", "classifier.")
TO_TORCHVISION = ((r"^conv1\.", "stem."), (r"\.conv\.", ".0."), (r"\.bn\.", ".1."))
FROM_TORCHVISION = ((r"^stem\.", "conv1."), (r"\.0\.(\w+)$", r".conv.\1"), (r"\.1\.(\w+)$", r".bn.\1"))


def to_torchvision(state_dict: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """An encoder's weights under the keys of torchvision's model.

    Args:
        state_dict: the whole encoder, without prefix: stock ``ResNet3d`` (``r3d_18``, ``mc3_18``) or
            ``TorchvisionVideoBackbone`` (its keys are torchvision's already).
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.

    Returns:
        What ``torchvision.models.video.<name>().load_state_dict(..., strict=False)`` takes; only the classifier
        (``fc.`` or ``classifier.``) is missing.

    Raises:
        ValueError: the name is not one of these, or the tensors are not those of the model.
    """
    return _checked(_renamed(state_dict, TO_TORCHVISION), name)


def from_torchvision(state_dict: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Weights of torchvision's model under the encoder's keys, without the classifier.

    Args:
        state_dict: of ``torchvision.models.video.<name>()``.
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.

    Returns:
        What stock ``ResNet3d`` (``r3d_18``, ``mc3_18``) or ``TorchvisionVideoBackbone`` (the others) loads.

    Raises:
        ValueError: the name is not one of these, or the tensors are not those of the model.
    """
    encoder = {key: value for key, value in state_dict.items() if not key.startswith(CLASSIFIERS)}
    encoder = _checked(encoder, name)
    return _renamed(encoder, FROM_TORCHVISION) if name in STOCK else encoder


def torchvision_name(encoder: Mapping[str, Tensor]) -> str:
    """Which of torchvision's models an encoder's tensors are, by names and shapes.

    Raises:
        ValueError: none of them.
    """
    renamed = _renamed(encoder, TO_TORCHVISION)
    for name in WIDTHS:
        if _misfits(renamed, name) == ([], []):
            return name
    raise ValueError(f"only {', '.join(WIDTHS)}, whole, are torchvision's: got another encoder, with "
                     f"{[f'{key} {tuple(value.shape)}' for key, value in list(encoder.items())[:3]]}")


def _renamed(state_dict: Mapping[str, Tensor], rules: Iterable[tuple[str, str]]) -> dict[str, Tensor]:
    renamed = {}
    for key, value in state_dict.items():
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)
        renamed[key] = value
    return renamed


@cache
def _shapes(name: str) -> dict[str, torch.Size]:
    with torch.device("meta"):  # no memory, no time
        return {key: value.shape for key, value in TorchvisionVideoBackbone(name).state_dict().items()}


def _misfits(state_dict: Mapping[str, Tensor], name: str) -> tuple[list[str], list[str]]:
    expected = _shapes(name)
    wrong = [f"{key} {tuple(value.shape)}" for key, value in state_dict.items() if expected.get(key) != value.shape]
    missing = [key for key in expected if key not in state_dict and not key.endswith("num_batches_tracked")]
    return wrong, missing


def _checked(state_dict: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    wrong, missing = _misfits(state_dict, name)
    if wrong or missing:
        raise ValueError(f"the tensors must be those of torchvision's {name}: {len(wrong)} of {len(state_dict)} are "
                         f"not, {wrong[:3]}; {len(missing)} are missing, {missing[:3]}")
    return state_dict
