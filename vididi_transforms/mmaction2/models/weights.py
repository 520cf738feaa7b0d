"""Exports the encoder of a training checkpoint."""
import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ... import __version__
from ...data.files import write_checkpoint, write_safetensors
from ..compat.safe_loading import safe_loader
from .bn_statistics import META
from .checkpoint_keys import BACKBONE, state_dict_of
from .torchvision_keys import to_torchvision, torchvision_name

LAYOUTS = {  # how to load a file of each: its name, or the line that reads its tensors
    "mmaction2": "mim train mmaction2 CONFIG.py --cfg-options load_from={out}",
    "torchvision": "model.load_state_dict({tensors}, strict=False)",
    "plain": "model.backbone.load_state_dict({tensors})",
}
KEPT_META = ("epoch", "iter", "seed", "time", "mmengine_version")


def export_encoder(checkpoint: str | os.PathLike[str], out: str | os.PathLike[str],
                   layout: str = "mmaction2") -> dict[str, Tensor]:
    """Write the encoder of a checkpoint to a file ``dict(state_dict=..., meta=...)``, or to a safetensors file.

    A safetensors file has the same tensors, and ``meta`` as its metadata. The file appears when it is complete.
    ``meta['bn_statistics']`` says which views its batch normalisation statistics follow, and the number of videos if
    :class:`BNStatisticsHook` or ``vididi bn-statistics`` has set them.

    | layout | keys | for |
    |---|---|---|
    | ``'mmaction2'`` | ``backbone.*`` | ``load_from`` of MMAction2's recognizers and detectors |
    | ``'torchvision'`` | torchvision's | models in ``torchvision.models.video`` |
    | ``'plain'`` | the encoder's own, without prefix | ``backbone.load_state_dict`` |

    Args:
        checkpoint: checkpoint of mmengine, read with torch's safe loader.
        out: file to write, a safetensors file if its name ends so. Its folder is created if needed.
        layout: ``'mmaction2'``, ``'torchvision'`` or ``'plain'``.

    Returns:
        The ``state_dict`` that was written.

    Raises:
        ValueError: If the layout is unknown, or ``'mmaction2'`` for a safetensors file, which ``load_from`` cannot
            read; if the checkpoint holds code or no ``backbone.*``; for the layout ``'torchvision'``, if the encoder is
            not one of torchvision's models.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}: got {layout!r}")
    if _is_safetensors(out) and layout == "mmaction2":
        raise ValueError("the layout of a safetensors file must be plain or torchvision, as load_from does not read "
                         f"such files: got {layout}")
    loaded = _load(checkpoint)
    encoder = _backbone(state_dict_of(loaded), checkpoint)
    if layout == "mmaction2":
        encoder = {BACKBONE + key: value for key, value in encoder.items()}
    elif layout == "torchvision":
        encoder = to_torchvision(encoder, torchvision_name(encoder))
    meta = {key: value for key, value in loaded.get("meta", {}).items() if key in KEPT_META} | _statistics(loaded)
    meta |= {"layout": layout, "vididi_transforms": __version__}
    if _is_safetensors(out):
        write_safetensors(Path(out), encoder, meta)
    else:
        write_checkpoint(Path(out), dict(state_dict=encoder, meta=meta))
    return encoder


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix == ".safetensors"


def _statistics(loaded: Mapping[str, Any]) -> dict[str, Any]:
    meta = loaded.get("meta", {})
    if META in meta:
        return {META: meta[META]}
    # Until 0.1, ViDiDiHook did not note that they follow all views.
    old = "vididi" in loaded and any(key.endswith("running_mean") for key in state_dict_of(loaded))
    return {META: {"views": "all", "videos": None}} if old else {}


def _load(path: str | os.PathLike[str]) -> dict[str, Any]:
    with safe_loader(path):
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(loaded, dict):
        raise ValueError(f"a checkpoint must be a dict: {path} holds {type(loaded).__name__}")
    return loaded


def _backbone(state_dict: Mapping[str, Tensor], path: str | os.PathLike[str]) -> dict[str, Tensor]:
    encoder = {key.removeprefix(BACKBONE): value for key, value in state_dict.items() if key.startswith(BACKBONE)}
    if not encoder:
        raise ValueError(f"a checkpoint must have keys {BACKBONE}*: {path} starts with {list(state_dict)[:5]}")
    return encoder


def run(args: argparse.Namespace) -> None:
    """Export the encoder and print how to load it."""
    encoder = export_encoder(args.checkpoint, args.out, args.layout)
    print(f"{len(encoder)} tensors, {os.path.getsize(args.out) / 1e6:.1f} MB, layout {args.layout}: {args.out}\n"
          f"Next: {LAYOUTS[args.layout].format(out=args.out, tensors=_reading(args.out))}")


def _reading(out: str) -> str:
    return f"safetensors.torch.load_file('{out}')" if _is_safetensors(out) else f"torch.load('{out}')['state_dict']"
