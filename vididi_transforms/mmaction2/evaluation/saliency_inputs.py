"""Loads trained encoders and the clips of a test dataset, for saliency."""
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.runner import CheckpointLoader, Runner
from torch import Tensor

from ...analysis.saliency import class_weights, feature_weights, saliency_tubes
from ...data.motion_videos import is_motion_video
from ...objectives.embeddings import shapes
from ..datasets.shape_mask import add_shape_mask
from ..models.checkpoint_keys import BACKBONE, matching_keys, state_dict_of, tensor_shapes
from ..models.encoders import encode

HEAD = "cls_head.fc_cls.weight"


@dataclass(frozen=True)
class Encoder:
    """A trained model, and the weight ``[K, D]`` of its linear head if it has one."""

    name: str
    model: Any
    classifier: Tensor | None

    @torch.no_grad()
    def tubes(self, clips: Tensor, labels: Tensor | None) -> tuple[Tensor, tuple[int, int, int]]:
        """Saliency tubes of clips, and the size (t, h, w) of the feature maps.

        Args:
            clips: uint8 ``[N, 3, T, H, W]``.
            labels: ``[N]``; needed if the encoder has a linear head.

        Returns:
            Tubes ``[N, T, H, W]`` on the CPU, and (t, h, w).

        Raises:
            ValueError: If the encoder does not return the maps of one pathway, or labels are missing.
        """
        inputs = self.model.data_preprocessor(dict(inputs=[clips], data_samples=[]), False)["inputs"]
        maps = encode(self.model.backbone, inputs.flatten(0, 1))
        if not isinstance(maps, Tensor):
            raise ValueError("saliency needs an encoder that returns maps [B, D, t, h, w] of one pathway, without a "
                             f"class token: got {type(maps).__name__} {shapes(maps)} from {self.name}")
        if self.classifier is None:
            weights = feature_weights(maps)
        elif labels is None:
            raise ValueError(f"class-wise tubes need a dataset with labels: got none for {self.name}, which has a "
                             "linear head")
        else:
            weights = class_weights(self.classifier, labels.to(maps.device))
        t, h, w = maps.shape[2:]
        return saliency_tubes(maps, weights, clips.shape[2:]).cpu(), (t, h, w)


def load_encoder(config: Config, checkpoint: str, name: str, device: str = "cpu") -> Encoder:
    """Build a config's model and load a checkpoint, without running code in it.

    Raises:
        ValueError: If the checkpoint lacks a tensor of the backbone, or contains code.
    """
    model = MODELS.build(config.model)
    stored = state_dict_of(CheckpointLoader.load_checkpoint(checkpoint, map_location="cpu"))
    wanted = tensor_shapes(model.state_dict())
    matching = matching_keys(wanted, tensor_shapes(stored))
    missing = [key for key in wanted if key.startswith(BACKBONE) and key not in matching]
    if missing:
        raise ValueError(f"a checkpoint must hold the whole backbone of its config: {checkpoint} lacks {len(missing)} "
                         f"tensors (name and shape), {missing[:3]}")
    model.load_state_dict({key: stored[key] for key in matching}, strict=False)
    model.to(device).eval()
    return Encoder(name, model, model.cls_head.fc_cls.weight.detach() if HEAD in matching else None)


def videos_of(config: Config, limit: int | None = None) -> Any:
    """A config's test dataset, reduced to ``limit`` evenly spaced videos.

    Of a ``ConcatDataset`` it is the last dataset: in retrieval, the queries.

    Raises:
        ValueError: If the config has no ``test_dataloader``.
    """
    if not config.get("test_dataloader"):
        raise ValueError(f"saliency needs a config with a test_dataloader: {config.filename} has none")
    dataset = DATASETS.build(config.test_dataloader.dataset)
    while not hasattr(dataset, "pipeline"):  # a ConcatDataset, a SafeDataset or another wrapper
        dataset = dataset.datasets[-1] if hasattr(dataset, "datasets") else dataset.dataset
    dataset.full_init()
    if limit is not None and limit < len(dataset):
        dataset.get_subset_(evenly(limit, len(dataset)))
    return dataset


def evenly(number: int, total: int) -> list[int]:
    """At most ``number`` of the indices below ``total``, almost evenly spaced.

    Every index is shifted by one more than the index before it, because in a list where the classes take turns evenly
    spaced videos could all be of the same class. The shift starts again from 0 before it reaches the spacing.

    Example:
        >>> evenly(4, 480)
        [0, 121, 242, 363]
    """
    number = min(number, total)
    spacing = total // number
    even = [index * total // number for index in range(number)]
    shift = [index % spacing for index in range(number)]
    return [index + more for index, more in zip(even, shift, strict=True)]


def read_clips(config: Config, dataset: Any, motion_seed: int) -> Iterator[tuple[Tensor, Tensor | None, Any]]:
    """Yield clips, mask and data sample of each video.

    Clips are uint8 ``[N, 3, T, H, W]``. The mask ``[N, T, H, W]`` of the moving shape is known for motion videos only
    and None for others.

    Raises:
        ValueError: If the clips have the wrong shape or type, or motion videos were generated with another seed.
    """
    if all(is_motion_video(str(dataset.get_data_info(index).get("filename"))) for index in range(len(dataset))):
        add_shape_mask(dataset.pipeline, motion_seed)
    sampler = dict(type="KeyedSampler", shuffle=False)
    loader = Runner.build_dataloader({**config.test_dataloader, "dataset": dataset, "sampler": sampler}, seed=0)
    for batch in loader:
        for inputs, sample in zip(batch["inputs"], batch["data_samples"], strict=True):
            clips = inputs if inputs.ndim == 5 else inputs[None]
            if clips.ndim != 5 or clips.shape[1] not in (3, 4) or clips.dtype != torch.uint8:
                raise ValueError("saliency needs uint8 clips [N, 3, T, H, W] of each video from the pipeline: got "
                                 f"{tuple(inputs.shape)}, {inputs.dtype}")
            yield clips[:, :3], clips[:, 3] / 255 if clips.shape[1] == 4 else None, sample
