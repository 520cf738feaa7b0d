"""Clips, augmentation parameters and embeddings that make sums, norms and differences zero, tiny or huge."""
import torch
from hypothesis import strategies as st
from strategies import SEEDS, generator

from vididi_transforms import AugmentParams

TINY = [0.0, 1e-45, 1e-40, 1e-38, 1e-30, 1e-12]
CONTENTS = ["black", "white", "one colour", "one pixel", "letterbox", "one frame", "random", "tiny", "pixel and tiny"]
SIGMAS = [0.0, 1e-8, 1e-3, 0.1, 0.1046, 0.105, 0.11, 0.5, 2.0, 100.0]
HUES = [0.0, 1e-38, 1e-8, 0.03, 0.05, 1 / 6, 1 / 3, 0.4999999, 0.5]
FACTORS = [0.0, 0.8, 0.9, 1.0, 1.2, 2.0]
ORDER = st.permutations(range(4))


def content(kind, shape, rng):
    """Clips ``[B, 3, T, H, W]``: uint8, or float32 if their values are tiny."""
    clips = torch.zeros(shape, dtype=torch.uint8)
    colour = torch.randint(256, (shape[0], 3, 1, 1, 1), generator=rng, dtype=torch.uint8)
    if kind == "white":
        clips[:] = 255
    elif kind == "one colour":
        clips[:] = colour
    elif kind in ("one pixel", "pixel and tiny"):
        clips[..., shape[3] // 2:shape[3] // 2 + 1, shape[4] // 2:shape[4] // 2 + 1] = colour
    elif kind == "letterbox":
        middle = clips[..., shape[3] // 3:-(shape[3] // 3), :]
        middle[:] = torch.randint(256, middle.shape, generator=rng, dtype=torch.uint8)
    elif kind in ("one frame", "random"):
        clips = torch.randint(256, shape, generator=rng, dtype=torch.uint8)
        clips = clips[:, :, :1].repeat(1, 1, shape[2], 1, 1) if kind == "one frame" else clips
    if not kind.endswith("tiny"):
        return clips
    return clips / 255 + torch.tensor(TINY)[torch.randint(len(TINY), shape, generator=rng)]


@st.composite
def batches(draw, contents=tuple(CONTENTS), shape=(2, 3, 3, 6, 5)):
    """Clips and parameters from the tables above."""
    clips = content(draw(st.sampled_from(contents)), shape, generator(draw(SEEDS)))
    return clips, draw(parameters(len(clips)))


@st.composite
def parameters(draw, clips):
    """Parameters of a batch of ``clips`` clips, without crop and flip."""
    def column(values):
        return torch.tensor([draw(st.sampled_from(values)) for _ in range(clips)])

    hue = column(HUES) * column([1, -1])
    return AugmentParams(torch.zeros(clips, 4), torch.zeros(clips, dtype=torch.bool), sigma=column(SIGMAS), hue=hue,
                         operations=torch.tensor([draw(ORDER) for _ in range(clips)]), brightness=column(FACTORS),
                         contrast=column(FACTORS), saturation=column(FACTORS), gray=column([False, True]))


@st.composite
def embedding_pairs(draw, scales):
    """Two views' embeddings ``[B, D]`` in float32: random, equal rows, one-hot, or one row of zeros."""
    z = torch.randn(2, draw(st.integers(2, 5)), draw(st.integers(1, 6)), generator=generator(draw(SEEDS)))
    kind = draw(st.sampled_from(["random", "equal rows", "one-hot", "a row of zeros"]))
    if kind == "equal rows":
        z[:] = z[:, :1].clone()
    elif kind == "one-hot":
        z = torch.zeros_like(z).index_fill(2, torch.tensor([0]), 1.0)
    elif kind == "a row of zeros":
        z[:, 0] = 0
    return (z * draw(st.sampled_from(scales))).unbind(0)
