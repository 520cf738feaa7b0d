"""The sampled augmentation parameters of a batch of clips."""
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from .kernels.table import (
    COLUMNS,
    GAIN,
    GRAY,
    HUE,
    LUMINANCE,
    MEAN_LUMINANCE,
    SIGMA,
    SLOT_COLUMNS,
    SLOTS_BEFORE_HUE,
)

BRIGHTNESS, CONTRAST, SATURATION, HUE_SHIFT = range(4)  # values of AugmentParams.operations


@dataclass(frozen=True, eq=False)
class AugmentParams:
    """Augmentation parameters of B clips.

    A slice or a tensor of indices selects clips.

    Args:
        crop: top, left, height and width in pixels, ``[B, 4]``.
        flip: whether to mirror left to right, ``[B]``, boolean.
        sigma: standard deviation of the blur in pixels, ``[B]``; 0 for no blur.
        operations: the jitter operations in the order of their application, ``[B, 4]``: 0 brightness, 1 contrast,
            2 saturation, 3 hue.
        brightness, contrast, saturation: factors, ``[B]``; 1 changes nothing.
        hue: hue shift in turns of the colour wheel, ``[B]``; 0 changes nothing.
        gray: whether all channels become the luminance, ``[B]``, boolean.

    Example:
        >>> from vididi_transforms import ClipAugment
        >>> params = ClipAugment(size=None).draw((4, 3, 8, 32, 32), 0, 0)
        >>> len(params[:2]), params.table().shape
        (2, torch.Size([4, 21]))
    """

    crop: Tensor
    flip: Tensor
    sigma: Tensor
    operations: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    gray: Tensor

    def __len__(self) -> int:
        return len(self.flip)

    def __getitem__(self, clips: slice | Tensor) -> "AugmentParams":
        """The parameters of the selected clips."""
        return AugmentParams(*(getattr(self, field.name)[clips] for field in fields(self)))

    def table(self) -> Tensor:
        """The photometric parameters as a float32 table ``[B, 21]``.

        ``kernels/table.py`` names its columns.
        """
        table = torch.zeros(len(self), COLUMNS, device=self.flip.device)
        table[:, GAIN:HUE:SLOT_COLUMNS] = 1.0  # every slot starts as the identity
        rows = torch.arange(len(self), device=table.device)
        place = self.operations.argsort(dim=1)  # of each operation in the jitter, 0 to 3
        behind_hue = place > place[:, HUE_SHIFT, None]
        slot = torch.where(behind_hue, SLOTS_BEFORE_HUE + place - 1, place)
        brightness, contrast, saturation, _ = (SLOT_COLUMNS * slot).unbind(dim=1)  # the first column of their slots
        table[rows, brightness + GAIN] = self.brightness
        table[rows, contrast + GAIN] = self.contrast
        table[rows, contrast + MEAN_LUMINANCE] = 1 - self.contrast
        table[rows, saturation + GAIN] = self.saturation
        table[rows, saturation + LUMINANCE] = 1 - self.saturation
        table[:, HUE], table[:, GRAY], table[:, SIGMA] = self.hue, self.gray.float(), self.sigma
        return table
