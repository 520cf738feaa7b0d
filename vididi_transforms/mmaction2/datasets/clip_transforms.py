"""Photometric augmentations of torchvision, alike for all frames of a clip.

``imgs`` is the list of a clip's RGB frames, each ``[H, W, 3]``, uint8.
"""
from typing import Any

import numpy as np
import torch
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from torch import Tensor, nn
from torchvision.transforms import v2

Results = dict[str, Any]


class ClipTransform(BaseTransform):
    """Applies a torchvision module to a whole clip ``[T, 3, H, W]``.

    Args:
        module: samples its parameters once per call.
        p: probability that the module is applied.
    """

    def __init__(self, module: nn.Module, p: float) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability in [0, 1]: got {p}")
        self.module = module
        self.p = p

    def transform(self, results: Results) -> Results:
        """Augment ``imgs``."""
        if torch.rand(()) < self.p:
            clip = torch.from_numpy(np.stack(results["imgs"])).permute(0, 3, 1, 2)
            results["imgs"] = list(self.apply(clip).permute(0, 2, 3, 1).contiguous().numpy())
        return results

    def apply(self, clip: Tensor) -> Tensor:
        """Augment a clip ``[T, 3, H, W]``."""
        return self.module(clip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.module}, p={self.p})"


@TRANSFORMS.register_module()
class ClipColorJitter(ClipTransform):
    """Changes brightness, contrast, saturation and hue in a random order, clip-wise.

    Works as torchvision's ``ColorJitter``, except that contrast is relative to the mean of the clip. A mean per frame
    would add flicker to the temporal derivatives.

    Args:
        brightness, contrast, saturation: each factor is uniform in [1 - value, 1 + value].
        hue: the shift is uniform in [-hue, hue], in turns of the colour wheel; at most 0.5.
        p: probability that the clip is changed.

    Raises:
        ValueError: If a value is out of range.

    Example (config):
        ``dict(type='ClipColorJitter', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05, p=0.8)``

    Source: paper appendix B.1.
    """

    def __init__(self, brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.2, hue: float = 0.05,
                 p: float = 0.8) -> None:
        super().__init__(v2.ColorJitter(brightness, contrast, saturation, hue), p)

    def apply(self, clip: Tensor) -> Tensor:
        """Jitter the clip as one tall image, whose mean is that of the clip."""
        frames, channels, height, width = clip.shape
        tall = self.module(clip.transpose(0, 1).reshape(channels, frames * height, width))
        return tall.reshape(channels, frames, height, width).transpose(0, 1)


@TRANSFORMS.register_module()
class ClipGrayscale(ClipTransform):
    """Turns all frames of a clip gray: luminance in all three channels.

    Args:
        p: probability that the clip is changed.

    Raises:
        ValueError: If ``p`` is not in [0, 1].

    Example (config):
        ``dict(type='ClipGrayscale', p=0.5)``

    Source: paper appendix B.1.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(v2.Grayscale(num_output_channels=3), p)


@TRANSFORMS.register_module()
class ClipGaussianBlur(ClipTransform):
    """Blurs each frame with a Gaussian, with the same sigma for all frames of a clip.

    Args:
        kernel_size: size of the kernel in pixels, odd.
        sigma: range of sigma in pixels; sigma is uniform in it.
        p: probability that the clip is changed.

    Raises:
        ValueError: If a value is out of range.

    Example (config):
        ``dict(type='ClipGaussianBlur', kernel_size=3, sigma=(0.1, 2.0), p=0.5)``

    Source: paper appendix B.1.
    """

    def __init__(self, kernel_size: int = 3, sigma: tuple[float, float] = (0.1, 2.0), p: float = 0.5) -> None:
        super().__init__(v2.GaussianBlur(kernel_size, sigma), p)
