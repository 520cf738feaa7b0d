"""Columns of the parameter table ``[B, 21]``.

The table holds the photometric augmentation of each clip as numbers. A pixel passes six affine slots, three before the
hue shift and three after it, so that the jitter of each clip can have its own order. Each slot has three columns, the
weights in

    clamp(gain * value + luminance_weight * luminance + mean_weight * mean_luminance)

with the luminance of the pixel and the mean luminance of its clip or frame. An unused slot is the identity: 1, 0, 0.
"""
GAIN, LUMINANCE, MEAN_LUMINANCE = range(3)  # columns of a slot: the three weights
SLOT_COLUMNS = 3
SLOTS_BEFORE_HUE, SLOTS = 3, 6
HUE, GRAY, SIGMA = range(SLOTS * SLOT_COLUMNS, SLOTS * SLOT_COLUMNS + 3)
COLUMNS = SIGMA + 1
