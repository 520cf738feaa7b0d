"""Augmentation of batches of clips: one draw per clip, the same for all its frames (appendix B.1).

``ClipAugment.draw`` makes all random choices on the CPU in one call, from an explicit key, and returns them as
:class:`~vididi_transforms.AugmentParams`; ``ClipAugment.forward`` is a pure function of clips and parameters.
"""
from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor, nn

from ..pairs.keyed_random import check_counts, keyed_generator
from .kernels import IMAGENET_MEAN, IMAGENET_STD, augment_and_differentiate, check_clips, check_settings
from .params import AugmentParams
from .resample import DRAWS, draw_crops, resized_crop


class ClipAugment(nn.Module):
    """The paper's augmentation of a batch of clips, and its temporal derivatives, in one pass.

    Resized crop, flip, blur, jitter (in random order, the contrast about the clip's mean), gray, normalise; then the
    derivatives. Every clip has one draw.

    Convention:
        uint8 clips are in [0, 255], floating-point clips in [0, 1]. Factors mean what they mean in torchvision.

    Args:
        size: H = W of the result; None leaves crop, resize and flip out.
        area, ratio: of the crop, as in torchvision's ``RandomResizedCrop``.
        p_flip, p_blur, p_jitter, p_gray: probabilities.
        kernel_size: of the blur, odd, in pixels.
        sigma: range of the blur's sigma, in pixels.
        brightness, contrast, saturation: factors are drawn from [1 - value, 1 + value].
        hue: the shift is drawn from [-hue, hue], in turns, <= 0.5.
        contrast_mean: ``'clip'``, or ``'frame'`` (as per-frame transforms do; it puts flicker into derivatives).
        mean, std: of the normalisation, for values in [0, 1].
        seed: of all draws.

    Shape:
        ``[B, 3, T, H, W]`` to ``[B, 3, T - order, size, size]`` for each order.

    Raises:
        TypeError, ValueError: a value is out of range.

    Example:
        >>> augment = ClipAugment(size=16, seed=0)
        >>> clips = torch.randint(256, (2, 3, 8, 24, 32), dtype=torch.uint8)
        >>> params = augment.draw(clips.shape, 3, 14)                   # epoch 3, step 14
        >>> [tuple(view.shape) for view in augment(clips, params, orders=(0, 1))]
        [(2, 3, 8, 16, 16), (2, 3, 7, 16, 16)]

    Source: paper appendix B.1.
    """

    def __init__(self, size: int | None = 112, area: tuple[float, float] = (0.08, 1.0),
                 ratio: tuple[float, float] = (3 / 4, 4 / 3), p_flip: float = 0.5, p_blur: float = 0.5,
                 kernel_size: int = 3, sigma: tuple[float, float] = (0.1, 2.0), p_jitter: float = 0.8,
                 brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.2, hue: float = 0.05,
                 p_gray: float = 0.5, contrast_mean: str = "clip", mean: Sequence[float] = IMAGENET_MEAN,
                 std: Sequence[float] = IMAGENET_STD, seed: int = 0) -> None:
        super().__init__()
        self.size, self.area, self.ratio = size, area, ratio
        self.p_flip, self.p_blur, self.p_jitter, self.p_gray = p_flip, p_blur, p_jitter, p_gray
        self.kernel_size, self.sigma, self.contrast_mean = kernel_size, sigma, contrast_mean
        self.brightness, self.contrast, self.saturation, self.hue = brightness, contrast, saturation, hue
        self.mean, self.std, self.seed = tuple(mean), tuple(std), seed
        self._check()

    def draw(self, shape: Sequence[int], *counter: int) -> AugmentParams:
        """All random choices for a batch, a pure function of the seed, ``counter`` and the shape.

        The choices for the first n clips are the same for every batch of n clips or more.

        Args:
            shape: of the clips, ``[B, 3, T, H, W]``.
            counter: up to three integers >= 0, such as epoch and step.

        Returns:
            Parameters of B clips, on the CPU.

        Raises:
            TypeError, ValueError: the shape is another, a counter is no integer >= 0, or there are more than three.

        Example:
            >>> ClipAugment(p_gray=1.0).draw((2, 3, 8, 150, 200), 3, 14).gray
            tensor([True, True])
        """
        if len(shape) != 5 or min(shape[-2:]) < 1:
            raise ValueError(f"shape must be [B, 3, T, H, W] with H, W >= 1: got {tuple(shape)}")
        clips, height, width = shape[0], shape[-2], shape[-1]
        draws = torch.from_numpy(keyed_generator("ClipAugment", self.seed, *counter).random(
            (clips, 13 + DRAWS), "float32"))
        chance, values, order, crop = draws.split((4, 5, 4, DRAWS), dim=1)
        jitter = chance[:, 2] < self.p_jitter
        brightness, contrast, saturation, hue = (
            torch.where(jitter, extent * (2 * values[:, k] - 1), 0.0)
            for k, extent in enumerate((self.brightness, self.contrast, self.saturation, self.hue)))
        sigma = self.sigma[0] + (self.sigma[1] - self.sigma[0]) * values[:, 4]
        return AugmentParams(
            crop=draw_crops(crop, (height, width), self.area, self.ratio), flip=chance[:, 0] < self.p_flip,
            sigma=torch.where(chance[:, 1] < self.p_blur, sigma, 0.0), operations=order.argsort(dim=1),
            brightness=1 + brightness, contrast=1 + contrast, saturation=1 + saturation, hue=hue,
            gray=chance[:, 3] < self.p_gray)

    def forward(self, clips: Tensor, params: AugmentParams, orders: Sequence[int] = (0,),
                dtype: torch.dtype = torch.float32, channels_last: bool = False,
                backend: str = "auto") -> tuple[Tensor, ...]:
        """Augment and differentiate; see :func:`~vididi_transforms.augment.kernels.augment_and_differentiate`.

        Args:
            clips: ``[B, 3, T, H, W]``, uint8 or floating point.
            params: of B clips.
            orders: of the derivatives to return.
            dtype, channels_last, backend: as in ``augment_and_differentiate``.

        Returns:
            A tensor ``[B, 3, T - order, size, size]`` for each order.

        Raises:
            TypeError, ValueError: clips, parameters or orders do not fit, as in ``augment_and_differentiate``.
        """
        check_clips(clips)
        if not isinstance(params, AugmentParams) or len(params) != len(clips):
            got = f"those of {len(params)}" if isinstance(params, AugmentParams) else type(params).__name__
            raise ValueError(f"params must be those of the {len(clips)} clips: got {got}")
        if self.size is not None:
            clips = resized_crop(clips, params.crop, params.flip, self.size)
        return augment_and_differentiate(clips, params, orders, mean=self.mean, std=self.std,
                                         kernel_size=self.kernel_size, contrast_mean=self.contrast_mean, dtype=dtype,
                                         channels_last=channels_last, backend=backend)

    def _check(self) -> None:
        if self.size is not None and (isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 1):
            raise ValueError(f"size must be an integer >= 1 or None: got {self.size!r}")
        for name in ("p_flip", "p_blur", "p_jitter", "p_gray"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a probability in [0, 1]: got {getattr(self, name)}")
        for name, most in (("brightness", 1.0), ("contrast", 1.0), ("saturation", 1.0), ("hue", 0.5)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be in [0, {most}]: got {getattr(self, name)}")
        for name in ("area", "ratio", "sigma"):
            span = getattr(self, name)
            if not isinstance(span, (list, tuple)) or len(span) != 2 or not 0 < span[0] <= span[1] < inf:
                raise ValueError(f"{name} must be a range of positive numbers: got {span!r}")
        check_counts(seed=self.seed)
        check_settings(self.mean, self.std, self.kernel_size, self.contrast_mean)
