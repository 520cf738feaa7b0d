"""From uint8 clips to what the encoder sees, on the device: augmentation, normalisation and derivatives in one pass."""
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
    """Stock ``ActionDataPreprocessor`` that, in training, augments and differentiates the two clips of each video.

    Clips travel as uint8, in one transfer; :class:`ViDiDiHook` tells it the orders, (0, 0) without the hook. Each clip
    has its own draw, keyed by (seed, step, place in the joined batch of all processes): :class:`StepSeedHook` tells
    seed and step; without that hook they count from (0, 0). In validation and testing it is the stock one.

    Args:
        augment: arguments of :class:`~vididi_transforms.ClipAugment`; ``size=None`` (default) leaves crop and flip to
            the pipeline. None: normalise and differentiate only.
        mean, std: of the normalisation, for values in [0, 255].
        dtype: of the views, ``'float32'``, ``'bfloat16'`` or ``'float16'``.
        channels_last: the views are in ``torch.channels_last_3d``.
        backend: ``'auto'``, ``'eager'``, ``'compiled'``, ``'triton'``; see
            :func:`~vididi_transforms.augment_and_differentiate`.

    Shape:
        In training uint8 ``[B, 2, 3, T, H, W]``, or a list of B ``[2, 3, T, H, W]``, to a list of two
        ``[B, 3, T - order, H, W]``.

    Raises:
        ValueError, TypeError: a setting is out of range; in training, the inputs are not two uint8 clips of each video.

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
            raise ValueError(f"augment takes no seed (the run has one), mean or std: got {augment}")
        super().__init__(mean=mean, std=std, format_shape=format_shape)
        options: dict[str, Any] = dict(p_blur=0, p_jitter=0, p_gray=0) if augment is None else augment
        self.augment = ClipAugment(**{"size": None, **options}, mean=[value / 255 for value in mean],
                                   std=[value / 255 for value in std])
        self.output = dict(dtype=getattr(torch, dtype), channels_last=channels_last, backend=backend)
        check_settings(self.augment.mean, self.augment.std, self.augment.kernel_size, self.augment.contrast_mean,
                       self.output["dtype"], backend)
        self.orders = (0, 0)
        self.key = (0, 0)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Views of a batch in training; otherwise as the stock one."""
        if not training:
            return super().forward(data, training)
        rest = self.cast_data({name: value for name, value in data.items() if name != "inputs"})
        inputs = data["inputs"]
        # One transfer: what the workers have not joined is joined here, before it travels.
        clips = (inputs if isinstance(inputs, Tensor) else torch.stack(inputs)).to(self.device, non_blocking=True)
        return {**rest, "inputs": self.views(clips)}

    def views(self, clips: Tensor) -> list[Tensor]:
        """``[B, 2, 3, T, H, W]`` to two ``[B, 3, T - order, H, W]``."""
        pair = two_views(clips)
        if clips.dtype != torch.uint8:
            raise TypeError(f"ClipPairDataPreprocessor needs uint8 clips: got {clips.dtype}")
        params = self._draw(clips.shape)
        return [self.augment(view, params[number::2], (order,), **self.output)[0]
                for number, (view, order) in enumerate(zip(pair, self.orders, strict=True))]

    def _draw(self, shape: torch.Size) -> AugmentParams:
        self.augment.seed, step = self.key
        self.key = (self.augment.seed, step + 1)  # until the hook says otherwise
        ranks = get_world_size()
        joined = self.augment.draw((2 * shape[0] * ranks, *shape[2:]), step)
        # Sample i of rank r is sample i * ranks + r of the joined batch.
        places = torch.arange(get_rank(), shape[0] * ranks, ranks)
        return joined[torch.stack((2 * places, 2 * places + 1), dim=1).flatten()]
