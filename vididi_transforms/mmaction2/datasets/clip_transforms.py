"""Photometric augmentations with one draw per clip: torchvision's, applied to all frames of a clip at once.

Inside :class:`PerClip`. ``imgs`` is a list of RGB frames ``[H, W, 3]``, uint8, of one clip.
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
    """Applies a torchvision module once to a whole clip, given as ``[T, 3, H, W]``.

    Args:
        module: draws its parameters once per call.
        p: probability that it acts.
    """

    def __init__(self, module: nn.Module, p: float) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability in [0, 1]: got {p}")
        self.module = module
        self.p = p

    def transform(self, results: Results) -> Results:
        """Change ``imgs``."""
        if torch.rand(()) < self.p:
            clip = torch.from_numpy(np.stack(results["imgs"])).permute(0, 3, 1, 2)
            results["imgs"] = list(self.apply(clip).permute(0, 2, 3, 1).contiguous().numpy())
        return results

    def apply(self, clip: Tensor) -> Tensor:
        """``[T, 3, H, W]`` to the same shape."""
        return self.module(clip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.module}, p={self.p})"


@TRANSFORMS.register_module()
class ClipColorJitter(ClipTransform):
    """Brightness, contrast, saturation and hue in a random order, the same for all frames of a clip.

    The factors mean what they mean in torchvision's ``ColorJitter``, but the mean that the contrast turns about is
    the clip's: a mean per frame would put flicker into the temporal derivatives.

    Args:
        brightness, contrast, saturation: factors are drawn from [1 - value, 1 + value].
        hue: the shift is drawn from [-hue, hue], in turns of the colour wheel, <= 0.5.
        p: probability that it acts.

    Raises:
        ValueError: a value is out of range.

    Example (config):
        ``dict(type='ClipColorJitter', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05, p=0.8)``

    Source: paper appendix B.1.
    """

    def __init__(self, brightness: float = 0.2, contrast: float = 0.2, saturation: float = 0.2, hue: float = 0.05,
                 p: float = 0.8) -> None:
        super().__init__(v2.ColorJitter(brightness, contrast, saturation, hue), p)

    def apply(self, clip: Tensor) -> Tensor:
        """As one tall image, so that its mean is the clip's."""
        frames, channels, height, width = clip.shape
        tall = self.module(clip.transpose(0, 1).reshape(channels, frames * height, width))
        return tall.reshape(channels, frames, height, width).transpose(0, 1)


@TRANSFORMS.register_module()
class ClipGrayscale(ClipTransform):
    """Luminance in all three channels, for all frames of a clip or for none.

    Args:
        p: probability that it acts.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example (config):
        ``dict(type='ClipGrayscale', p=0.5)``

    Source: paper appendix B.1.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(v2.Grayscale(num_output_channels=3), p)


@TRANSFORMS.register_module()
class ClipGaussianBlur(ClipTransform):
    """Gaussian blur within each frame, with one sigma for all frames of a clip.

    Args:
        kernel_size: in pixels, odd.
        sigma: range that sigma is drawn from, in pixels.
        p: probability that it acts.

    Raises:
        ValueError: a value is out of range.

    Example (config):
        ``dict(type='ClipGaussianBlur', kernel_size=3, sigma=(0.1, 2.0), p=0.5)``

    Source: paper appendix B.1.
    """

    def __init__(self, kernel_size: int = 3, sigma: tuple[float, float] = (0.1, 2.0), p: float = 0.5) -> None:
        super().__init__(v2.GaussianBlur(kernel_size, sigma), p)
