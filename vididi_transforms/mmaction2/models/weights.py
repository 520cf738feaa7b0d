"""``vididi weights CHECKPOINT OUT``: a training checkpoint's encoder, for elsewhere."""
import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ... import __version__
from ..compat.safe_loading import safe_loader
from .torchvision_keys import from_torchvision, to_torchvision, torchvision_name

__all__ = ["export_encoder", "from_torchvision", "to_torchvision"]
PREFIX = "backbone."
LAYOUTS = ("mmaction2", "torchvision", "plain")
KEPT_META = ("epoch", "iter", "seed", "time", "mmengine_version")


def export_encoder(checkpoint: str | os.PathLike[str], out: str | os.PathLike[str],
                   layout: str = "mmaction2") -> dict[str, Tensor]:
    """Write a training checkpoint's encoder, ``backbone.*``, to a small file of its own (at once or not at all).

    The file is ``dict(state_dict=..., meta=...)``. Its layouts: ``'mmaction2'`` keeps ``backbone.*``, for
    ``load_from`` of stock recognizers and detectors; ``'torchvision'`` has torchvision's keys, see
    :func:`to_torchvision`; ``'plain'`` has the encoder's own keys. Files are read with torch's safe loader.

    Args:
        checkpoint: file that mmengine wrote.
        out: file to write; its folder is made.
        layout: ``'mmaction2'``, ``'torchvision'`` or ``'plain'``.

    Returns:
        The ``state_dict`` that was written.

    Raises:
        ValueError: the layout is not one of these, the file holds code or no ``backbone.*``, or, for torchvision, the
            encoder is none of torchvision's models.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}: got {layout!r}")
    loaded = _load(checkpoint)
    encoder = _backbone(loaded.get("state_dict", loaded), checkpoint)
    if layout == "mmaction2":
        encoder = {PREFIX + key: value for key, value in encoder.items()}
    elif layout == "torchvision":
        encoder = to_torchvision(encoder, torchvision_name(encoder))
    meta = {key: value for key, value in loaded.get("meta", {}).items() if key in KEPT_META}
    _write(dict(state_dict=encoder, meta={**meta, "layout": layout, "vididi_transforms": __version__}), Path(out))
    return encoder


def _load(path: str | os.PathLike[str]) -> dict[str, Any]:
    with safe_loader(path):
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(loaded, dict):
        raise ValueError(f"a checkpoint must be a dict: {path} holds {type(loaded).__name__}")
    return loaded


def _backbone(state_dict: Mapping[str, Tensor], path: str | os.PathLike[str]) -> dict[str, Tensor]:
    keys = {key.removeprefix("module."): key for key in state_dict}
    encoder = {key.removeprefix(PREFIX): state_dict[old] for key, old in keys.items() if key.startswith(PREFIX)}
    if not encoder:
        raise ValueError(f"a checkpoint must have keys {PREFIX}*: {path} starts with {list(state_dict)[:5]}")
    return encoder


def _write(content: dict[str, Any], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        torch.save(content, unfinished)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi weights``."""
    parser.add_argument("checkpoint", help="file that mmengine wrote in training")
    parser.add_argument("out", help="file to write")
    parser.add_argument("--layout", default="mmaction2", help="mmaction2 (backbone.*, for load_from), torchvision, "
                        "plain (the encoder's own keys); default: %(default)s")


def run(args: argparse.Namespace) -> None:
    """Export the encoder."""
    encoder = export_encoder(args.checkpoint, args.out, args.layout)
    print(f"{len(encoder)} tensors, {os.path.getsize(args.out) / 1e6:.1f} MB, layout {args.layout}: {args.out}")
