"""Augments, normalises and differentiates uint8 clips on the device, in one pass."""
from collections.abc import Sequence
from typing import Any

import torch
from mmaction.models.data_preprocessors import ActionDataPreprocessor
from mmaction.registry import MODELS
from mmengine.dist import get_rank, get_world_size
from torch import Tensor

from ...augment.clip_augment import ClipAugment
from ...augment.kernels import check_settings
from ...augment.params import AugmentParams
from .two_views import two_views


@MODELS.register_module()
class ClipPairDataPreprocessor(ActionDataPreprocessor):
    """Augments and differentiates the two clips of each video in training.

    Clips are transferred to the device as uint8, all at once. :class:`ViDiDiHook` sets the derivative ``orders`` of
    the two views; the default is (0, 0). :class:`StepSeedHook` sets the ``key``, (seed, step); the default is (0, 0),
    and the step then counts up. Each clip has its own augmentation parameters. They depend on the key and on the
    clip's place in the global batch, not on the number of ranks. Validation and testing are those of the base class.

    Args:
        mean, std: normalisation mean and standard deviation per channel, for values in [0, 255].
        augment: arguments of :class:`~vididi_transforms.ClipAugment`. By default ``size`` is None: the pipeline crops
            and flips. None: only normalise and differentiate.
        dtype: dtype of the views: ``'float32'``, ``'bfloat16'`` or ``'float16'``.
        channels_last: return the views in the memory format ``torch.channels_last_3d``.
        backend: ``'auto'``, ``'eager'``, ``'compiled'`` or ``'triton'``, as in
            :func:`~vididi_transforms.augment_and_differentiate`.
        format_shape: ``'NCTHW'``, the only supported layout.

    Shape:
        In training, uint8 ``[B, 2, 3, T, H, W]``, or a list of B ``[2, 3, T, H, W]``, to a list of two
        ``[B, 3, T - order, H, W]``.

    Raises:
        ValueError: If a setting is out of range; in training, if the inputs are not two clips of each video.
        TypeError: In training, if the clips are not uint8.

    Example (config):
        ``dict(type='ClipPairDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375],
        augment=dict(p_jitter=0.8, p_gray=0.5, p_blur=0.5))`` as ``data_preprocessor`` of the model

    Source: paper section 3.2, appendix B.1.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], augment: dict[str, Any] | None = None,
                 dtype: str = "float32", channels_last: bool = False, backend: str = "auto",
                 format_shape: str = "NCTHW") -> None:
        if format_shape != "NCTHW":
            raise ValueError(f"format_shape must be 'NCTHW': got {format_shape!r}")
        if dtype not in ("float32", "bfloat16", "float16"):
            raise ValueError(f"dtype must be one of float32, bfloat16, float16: got {dtype!r}")
        if augment is not None and {"seed", "mean", "std"} & set(augment):
            raise ValueError(f"augment takes no seed (the run's is used), mean or std: got {augment}")
        super().__init__(mean=mean, std=std, format_shape=format_shape)
        options: dict[str, Any] = dict(p_blur=0, p_jitter=0, p_gray=0) if augment is None else augment
        self.augment = ClipAugment(**{"size": None, **options}, mean=[value / 255 for value in mean],
                                   std=[value / 255 for value in std])
        self.output = dict(dtype=getattr(torch, dtype), channels_last=channels_last, backend=backend)
        check_settings(self.augment.mean, self.augment.std, self.augment.kernel_size, self.augment.contrast_mean,
                       self.output["dtype"], backend)
        self.orders = (0, 0)
        self.key = (0, 0)
        self.shard: tuple[int, int] | None = None

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """The two views as ``inputs`` in training; otherwise as in the base class."""
        if not training:
            return super().forward(data, training)
        rest = self.cast_data({name: value for name, value in data.items() if name != "inputs"})
        inputs = data["inputs"]
        # Stack before the transfer, so that there is only one.
        clips = (inputs if isinstance(inputs, Tensor) else torch.stack(inputs)).to(self.device, non_blocking=True)
        return {**rest, "inputs": self.views(clips)}

    def views(self, clips: Tensor) -> list[Tensor]:
        """Augment and differentiate uint8 clips ``[B, 2, 3, T, H, W]``.

        Returns:
            Two views ``[B, 3, T - order, H, W]``.
        """
        pair = two_views(clips)
        if clips.dtype != torch.uint8:
            raise TypeError(f"ClipPairDataPreprocessor needs uint8 clips: got {clips.dtype}")
        params = self._sample_params(clips.shape)
        return [self.augment(view, params[number::2], (order,), **self.output)[0]
                for number, (view, order) in enumerate(zip(pair, self.orders, strict=True))]

    def _sample_params(self, shape: torch.Size) -> AugmentParams:
        self.augment.seed, step = self.key
        self.key = (self.augment.seed, step + 1)  # for runs without StepSeedHook
        rank, ranks = self.shard or (get_rank(), get_world_size())
        params = self.augment.draw((2 * shape[0] * ranks, *shape[2:]), step)  # of the global batch
        # Sample i of rank r is sample i * ranks + r of the global batch; each sample has two clips in a row.
        samples = torch.arange(rank, shape[0] * ranks, ranks)
        return params[torch.stack((2 * samples, 2 * samples + 1), dim=1).flatten()]
