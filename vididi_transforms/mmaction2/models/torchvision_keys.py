"""Rename the weights of an encoder to torchvision's keys and back.

The encoder is MMAction2's ``ResNet3d`` as ``r3d_18`` or ``mc3_18``, which has other keys, or
``TorchvisionVideoBackbone``, which has torchvision's.
"""
import re
from collections.abc import Iterable, Mapping
from functools import cache

import torch
from torch import Tensor

from .backbones import WIDTHS, TorchvisionVideoBackbone
from .checkpoint_keys import tensor_shapes

STOCK = ("r3d_18", "mc3_18")  # configurations of MMAction2's ResNet3d
CLASSIFIERS = ("fc.", "classifier.")
TO_TORCHVISION = ((r"^conv1\.", "stem."), (r"\.conv\.", ".0."), (r"\.bn\.", ".1."))
FROM_TORCHVISION = ((r"^stem\.", "conv1."), (r"\.0\.(\w+)$", r".conv.\1"), (r"\.1\.(\w+)$", r".bn.\1"))


def to_torchvision(state_dict: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Rename the weights of an encoder to the keys of torchvision's model.

    Args:
        state_dict: state dict of a ``ResNet3d`` or ``TorchvisionVideoBackbone``, without a prefix.
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.

    Returns:
        A state dict for ``torchvision.models.video.<name>().load_state_dict(..., strict=False)``. Only the classifier
        (``fc.`` or ``classifier.``) is missing.

    Raises:
        ValueError: If the name is unknown, or the tensors are not those of the model.
    """
    return _checked(_renamed(state_dict, TO_TORCHVISION), name)


def from_torchvision(state_dict: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Rename the weights of torchvision's model to the keys of the encoder.

    Args:
        state_dict: state dict of ``torchvision.models.video.<name>()``.
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.

    Returns:
        A state dict without the classifier, for MMAction2's ``ResNet3d`` (``r3d_18``, ``mc3_18``) or
        ``TorchvisionVideoBackbone`` (the others).

    Raises:
        ValueError: If the name is unknown, or the tensors are not those of the model.
    """
    encoder = {key: value for key, value in state_dict.items() if not key.startswith(CLASSIFIERS)}
    encoder = _checked(encoder, name)
    return _renamed(encoder, FROM_TORCHVISION) if name in STOCK else encoder


def torchvision_name(encoder: Mapping[str, Tensor]) -> str:
    """Name of torchvision's model that has the encoder's tensors, by key and shape.

    Raises:
        ValueError: If there is no such model.
    """
    renamed = _renamed(encoder, TO_TORCHVISION)
    for name in WIDTHS:
        if _misfits(renamed, name) == ([], []):
            return name
    raise ValueError(f"the torchvision layout needs a whole {', '.join(WIDTHS)}: got an encoder that starts with "
                     f"{[f'{key} {tuple(value.shape)}' for key, value in list(encoder.items())[:3]]}")


def _renamed(state_dict: Mapping[str, Tensor], rules: Iterable[tuple[str, str]]) -> dict[str, Tensor]:
    renamed = {}
    for key, value in state_dict.items():
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)
        renamed[key] = value
    return renamed


@cache
def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):  # shapes only: no memory, no initialisation
        return tensor_shapes(TorchvisionVideoBackbone(name).state_dict())


def _misfits(state_dict: Mapping[str, Tensor], name: str) -> tuple[list[str], list[str]]:
    expected, given = _shapes(name), tensor_shapes(state_dict)
    wrong = [f"{key} {shape}" for key, shape in given.items() if expected.get(key) != shape]
    return wrong, [key for key in expected if key not in given]


def _checked(state_dict: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    wrong, missing = _misfits(state_dict, name)
    if wrong or missing:
        raise ValueError(f"the tensors must be those of torchvision's {name}: {len(wrong)} of {len(state_dict)} have "
                         f"another name or shape, {wrong[:3]}; {len(missing)} are missing, {missing[:3]}")
    return state_dict
