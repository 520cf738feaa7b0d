"""What was drawn for a batch of clips."""
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from .kernels.reference import COLUMNS, GRAY, HUE, SIGMA

BRIGHTNESS, CONTRAST, SATURATION, HUE_OPERATION = range(4)  # in AugmentParams.operations


@dataclass(frozen=True, eq=False)
class AugmentParams:
    """What was drawn for each of B clips. Indexing with a slice or tensor selects clips.

    Args:
        crop: top, left, height, width in pixels, ``[B, 4]``.
        flip: mirrored left to right, ``[B]``, boolean.
        sigma: of the blur in pixels, ``[B]``; 0 is none.
        operations: the order of the jitter, ``[B, 4]``: 0 brightness, 1 contrast, 2 saturation, 3 hue.
        brightness, contrast, saturation: factors, ``[B]``; 1 is none.
        hue: shift in turns of the colour wheel, ``[B]``; 0 is none.
        gray: luminance in all channels, ``[B]``, boolean.

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
        """The parameters of some of the clips."""
        return AugmentParams(*(getattr(self, field.name)[clips] for field in fields(self)))

    def table(self) -> Tensor:
        """The photometric part as numbers, ``[B, 21]``, float32: see ``kernels/reference.py``.

        Brightness, contrast and saturation are ``clamp(gain * x + mix * luminance + about * centre)``: three columns
        for each of three slots before the hue and three behind it. A slot that a clip does not use is the identity.
        """
        table = torch.zeros(len(self), COLUMNS, device=self.flip.device)
        table[:, 0:HUE:3] = 1.0
        rows = torch.arange(len(self), device=table.device)
        places = torch.argsort(self.operations, dim=1)  # of each operation, 0 to 3
        for operation, factor, rest in ((BRIGHTNESS, self.brightness, None), (CONTRAST, self.contrast, 2),
                                        (SATURATION, self.saturation, 1)):
            place = places[:, operation]
            first = 3 * torch.where(place < places[:, HUE_OPERATION], place, place + 2)
            table[rows, first] = factor
            if rest is not None:
                table[rows, first + rest] = 1 - factor
        table[:, HUE], table[:, GRAY], table[:, SIGMA] = self.hue, self.gray.float(), self.sigma
        return table
