"""Sets the batch normalisation statistics of a checkpoint, for ``vididi bn-statistics``."""
import argparse
import os
import time
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader, Runner

from ...checks import check_int
from ...data.files import write_checkpoint
from ..datasets.fixed_batches import fixed_batches
from ..datasets.samplers import seeded
from ..models.bn_statistics import META, bn_layers, set_frame_statistics, statistics_entry
from ..models.checkpoint_keys import BACKBONE, state_dict_of
from .saliency_inputs import load_encoder


def with_frame_statistics(config: Config, checkpoint: str | os.PathLike[str], videos: int = 16384,
                          device: str = "cpu") -> dict[str, Any]:
    """A checkpoint with the statistics that :class:`BNStatisticsHook` would have set.

    Args:
        config: config of the training.
        checkpoint: checkpoint of the training, read with torch's safe loader.
        videos: number of training videos, all if there are fewer.
        device: as in PyTorch.

    Returns:
        The content of the checkpoint with new running statistics of the encoder, and their description in
        ``meta['bn_statistics']``.

    Raises:
        TypeError: If ``videos`` is not an int.
        ValueError: If ``videos`` is below 1, the config has no ``train_dataloader``, the checkpoint lacks a tensor of
            the encoder, or the encoder has no batch normalisation.
    """
    check_int("videos", videos, minimum=1)
    if not config.get("train_dataloader"):
        raise ValueError(f"bn-statistics needs a config with a train_dataloader: {config.filename} has none")
    model = load_encoder(config, str(checkpoint), "encoder", device).model
    if not bn_layers(model.backbone):
        raise ValueError("bn-statistics needs an encoder with batch normalisation: "
                         f"{config.model.backbone.type} has none")
    length = next((hook.get("length") for hook in config.get("custom_hooks", []) if hook["type"] == "ViDiDiHook"), None)
    with seeded(0, 0, 0):
        batches, number = fixed_batches(Runner.build_dataloader(config.train_dataloader, seed=0), videos)
        set_frame_statistics([model.backbone], model.data_preprocessor, batches, length)
    stored = CheckpointLoader.load_checkpoint(str(checkpoint), map_location="cpu")
    statistics = {BACKBONE + name: buffer.cpu() for name, buffer in model.backbone.named_buffers()
                  if name.endswith(("running_mean", "running_var"))}
    return {**stored, "state_dict": {**state_dict_of(stored), **statistics},
            "meta": {**stored.get("meta", {}), **statistics_entry(model, number)}}


def run(args: argparse.Namespace) -> None:
    """Compute the statistics and write the checkpoint."""
    start = time.perf_counter()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options or {})
    init_default_scope(config.get("default_scope", "mmaction"))
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    checkpoint = with_frame_statistics(config, args.checkpoint, args.videos, device)
    write_checkpoint(Path(args.out), checkpoint)
    print(f"BatchNorm statistics of the frames of {checkpoint['meta'][META]['videos']} videos set in "
          f"{time.perf_counter() - start:.1f} s: {args.out}\n"
          f"Next: vididi features CONFIG {args.out} --work-dir DIR")
