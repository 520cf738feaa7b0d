"""What saliency tubes are made from: trained encoders, and the clips of a test data set with what moves in them."""
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
from ..datasets.shape_mask import add_shape_mask
from ..engine.load_check import shapes

HEAD = "cls_head.fc_cls.weight"


@dataclass(frozen=True)
class Encoder:
    """A trained encoder and, if it has one, the weight of its linear head, ``[K, D]``."""

    name: str
    model: Any
    classifier: Tensor | None

    @torch.no_grad()
    def tubes(self, clips: Tensor, labels: Tensor | None) -> tuple[Tensor, tuple[int, int, int]]:
        """Tubes of uint8 clips ``[N, 3, T, H, W]``, ``[N, T, H, W]`` on the CPU, and t, h, w of the feature maps."""
        inputs = self.model.data_preprocessor(dict(inputs=[clips], data_samples=[]), False)["inputs"]
        maps = self.model.backbone(inputs.flatten(0, 1))
        maps = maps if isinstance(maps, Tensor) else maps[-1]
        if self.classifier is None:
            weights = feature_weights(maps)
        elif labels is None:
            raise ValueError(f"class-wise tubes need the videos' labels in the data set: {self.name} has a linear head")
        else:
            weights = class_weights(self.classifier, labels.to(maps.device))
        return saliency_tubes(maps, weights, clips.shape[2:]).cpu(), tuple(maps.shape[2:])


def load_encoder(config: Config, checkpoint: str, name: str, device: str = "cpu") -> Encoder:
    """A config's model with the weights of a checkpoint, which is read as data.

    Raises:
        ValueError: the checkpoint does not hold the whole backbone, or holds code.
    """
    model = MODELS.build(config.model)
    loaded = CheckpointLoader.load_checkpoint(checkpoint, map_location="cpu")
    stored = {key.removeprefix("module."): value for key, value in loaded.get("state_dict", loaded).items()}
    wanted, given = shapes(model.state_dict()), shapes(stored)
    missing = [key for key, shape in wanted.items() if key.startswith("backbone.") and given.get(key) != shape]
    if missing:
        raise ValueError(f"a checkpoint must hold the whole backbone of its config: {checkpoint} lacks {len(missing)} "
                         f"tensors (name and shape), {missing[:3]}")
    model.load_state_dict({key: value for key, value in stored.items() if given.get(key) == wanted.get(key, ())},
                          strict=False)
    model.to(device).eval()
    has_head = HEAD in wanted and given.get(HEAD) == wanted[HEAD]
    return Encoder(name, model, model.cls_head.fc_cls.weight.detach() if has_head else None)


def videos_of(config: Config, limit: int | None = None) -> Any:
    """The data set of a config's ``test_dataloader``; of several the last; at most ``limit`` videos, evenly spaced.

    Raises:
        ValueError: there is none.
    """
    if not config.get("test_dataloader"):
        raise ValueError(f"saliency needs a config with a test_dataloader: {config.filename} has none")
    dataset = DATASETS.build(config.test_dataloader.dataset)
    while not hasattr(dataset, "pipeline"):  # ConcatDataset; SafeDataset and other wrappers
        dataset = dataset.datasets[-1] if hasattr(dataset, "datasets") else dataset.dataset
    dataset.full_init()
    if limit is not None and limit < len(dataset):
        dataset.get_subset_(evenly(limit, len(dataset)))
    return dataset


def evenly(number: int, total: int) -> list[int]:
    """At most ``number`` of the indices below ``total``, a little off even steps: labels often take turns.

    Example:
        >>> evenly(4, 480)
        [0, 121, 242, 363]
    """
    number = min(number, total)
    return [index * total // number + index % (total // number) for index in range(number)]


def read_clips(config: Config, dataset: Any, motion_seed: int) -> Iterator[tuple[Tensor, Tensor | None, Any]]:
    """For each video its clips ``[N, 3, T, H, W]`` in uint8, the shape's mask ``[N, T, H, W]`` if known, its sample.

    Raises:
        ValueError: the clips are no such, or a motion video is none of this seed.
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
