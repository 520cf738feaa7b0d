"""Augmentation of batches of clips (appendix B.1).

Each clip has its own parameters, the same for all its frames.
``ClipAugment.draw`` samples all parameters on the CPU, from an explicit seed and counters, and returns them as
:class:`~vididi_transforms.AugmentParams`. ``ClipAugment.forward`` is a pure function of clips and parameters.
"""
from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor, nn

from ..checks import check_int
from ..pairs.keyed_random import check_counts, keyed_generator
from .kernels import IMAGENET_MEAN, IMAGENET_STD, augment_and_differentiate, check_clips, check_settings
from .params import AugmentParams
from .resample import NUMBERS_PER_CROP, random_crops, resized_crop


class ClipAugment(nn.Module):
    """The paper's augmentation of a batch of clips and its derivatives, in one pass.

    The steps are resized crop, flip, blur, jitter, gray and normalisation, then the derivatives. The four jitter
    operations come in random order. Each clip has its own parameters.

    Convention:
        uint8 clips are in [0, 255], floating-point clips in [0, 1]. Factors have the same meaning as in torchvision.

    Args:
        size: height and width of the result in pixels; None skips crop, resize and flip.
        area, ratio: ranges of the crop's area and aspect ratio, as in torchvision's ``RandomResizedCrop``.
        p_flip, p_blur, p_jitter, p_gray: probability of each step, per clip.
        kernel_size: size of the blur kernel in pixels, odd.
        sigma: range of the blur's standard deviation in pixels.
        brightness, contrast, saturation: factors are sampled from [1 - value, 1 + value].
        hue: the hue shift is sampled from [-hue, hue], in turns of the colour wheel, <= 0.5.
        contrast_mean: the mean luminance that the contrast keeps: that of the ``'clip'``, or of each ``'frame'``. The
            latter is what per-frame transforms do; it adds flicker to the derivatives.
        mean, std: normalisation mean and standard deviation per channel, for values in [0, 1].
        seed: seed of the sampled parameters.

    Shape:
        ``[B, 3, T, H, W]`` to ``[B, 3, T - order, size, size]`` for each order.

    Raises:
        TypeError: If ``size``, ``kernel_size`` or ``seed`` is not an int.
        ValueError: If a value is out of range.

    Example:
        >>> augment = ClipAugment(size=16, seed=0)
        >>> clips = torch.randint(256, (2, 3, 8, 24, 32), dtype=torch.uint8)
        >>> params = augment.draw(clips.shape, 3, 14)                   # epoch 3, step 14
        >>> [tuple(output.shape) for output in augment(clips, params, orders=(0, 1))]
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
        """Sample the parameters of a batch.

        This is a pure function of the seed, ``counter`` and the shape. The parameters of the first n clips are the same
        for every batch of n clips or more.

        Args:
            shape: shape of the clips, ``[B, 3, T, H, W]``.
            counter: up to three integers >= 0, such as epoch and step.

        Returns:
            Parameters of B clips, on the CPU.

        Raises:
            TypeError: If a counter is not an integer.
            ValueError: If the shape does not fit, a counter is negative, or there are more than three.

        Example:
            >>> ClipAugment(p_gray=1.0).draw((2, 3, 8, 150, 200), 3, 14).gray
            tensor([True, True])
        """
        if len(shape) != 5 or min(shape[-2:]) < 1:
            raise ValueError(f"shape must be [B, 3, T, H, W] with H, W >= 1: got {tuple(shape)}")
        batch, height, width = shape[0], shape[-2], shape[-1]
        numbers = torch.from_numpy(keyed_generator("ClipAugment", self.seed, *counter).random(
            (batch, 13 + NUMBERS_PER_CROP), "float32"))
        chance, value, order, crop = numbers.split((4, 5, 4, NUMBERS_PER_CROP), dim=1)
        jitter = chance[:, 2] < self.p_jitter
        brightness, contrast, saturation, hue = (
            torch.where(jitter, extent * (2 * value[:, k] - 1), 0.0)
            for k, extent in enumerate((self.brightness, self.contrast, self.saturation, self.hue)))
        sigma = self.sigma[0] + (self.sigma[1] - self.sigma[0]) * value[:, 4]
        return AugmentParams(
            crop=random_crops(crop, (height, width), self.area, self.ratio), flip=chance[:, 0] < self.p_flip,
            sigma=torch.where(chance[:, 1] < self.p_blur, sigma, 0.0), operations=order.argsort(dim=1),
            brightness=1 + brightness, contrast=1 + contrast, saturation=1 + saturation, hue=hue,
            gray=chance[:, 3] < self.p_gray)

    def forward(self, clips: Tensor, params: AugmentParams, orders: Sequence[int] = (0,),
                dtype: torch.dtype = torch.float32, channels_last: bool = False,
                backend: str = "auto") -> tuple[Tensor, ...]:
        """Augment and differentiate.

        See :func:`~vididi_transforms.augment_and_differentiate`.

        Args:
            clips: ``[B, 3, T, H, W]``, uint8 or floating point.
            params: parameters of the B clips.
            orders: derivative orders to return.
            dtype, channels_last, backend: as in ``augment_and_differentiate``.

        Returns:
            A tensor ``[B, 3, T - order, size, size]`` for each order.

        Raises:
            TypeError, ValueError: If clips, parameters or orders do not fit, as in ``augment_and_differentiate``.
        """
        check_clips(clips)
        if not isinstance(params, AugmentParams) or len(params) != len(clips):
            got = f"length {len(params)}" if isinstance(params, AugmentParams) else type(params).__name__
            raise ValueError(f"params must be AugmentParams of length {len(clips)}, like the clips: got {got}")
        if self.size is not None:
            clips = resized_crop(clips, params.crop, params.flip, self.size)
        return augment_and_differentiate(clips, params, orders, mean=self.mean, std=self.std,
                                         kernel_size=self.kernel_size, contrast_mean=self.contrast_mean, dtype=dtype,
                                         channels_last=channels_last, backend=backend)

    def _check(self) -> None:
        if self.size is not None:
            check_int("size", self.size, minimum=1)
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
