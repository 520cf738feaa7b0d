"""The picture of derivatives, frame by frame."""
import torch

import vididi_transforms as vt
from vididi_transforms.analysis.derivative_strip import derivative_strip


def test_rows_are_the_derivatives_below_their_frames():
    clip = torch.rand(3, 5, 4, 6, generator=torch.Generator().manual_seed(0))
    strip = derivative_strip(clip, orders=(0, 1, 2))
    assert strip.shape == (3 * 4, 5 * 6, 3)
    for order in (0, 1, 2):
        derivative = vt.temporal_difference(clip, order)
        if order:
            derivative = 0.5 + derivative / (2 * derivative.abs().max())
        for n in range(5):
            cell = strip[order * 4:order * 4 + 4, n * 6:n * 6 + 6].permute(2, 0, 1)
            expected = derivative[:, n] if n < 5 - order else torch.full((3, 4, 6), 0.5)
            torch.testing.assert_close(cell, expected)


def test_a_still_clip_is_gray():
    strip = derivative_strip(torch.rand(3, 1, 4, 4).expand(-1, 6, -1, -1), orders=(1, 2))
    assert torch.equal(strip, torch.full_like(strip, 0.5))
