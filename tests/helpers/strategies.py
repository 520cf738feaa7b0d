"""Hypothesis strategies: clips of every dtype and memory layout, embeddings, keys."""
import torch
from hypothesis import strategies as st

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SMALL_INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.bool]  # differences of these are exact in float32
LAYOUTS = {
    "contiguous": lambda clip: clip.contiguous(),
    "transposed": lambda clip: clip.transpose(-1, -3).contiguous().transpose(-1, -3),
    "permuted": lambda clip: clip.permute(2, 4, 0, 3, 1).contiguous().permute(2, 4, 0, 3, 1),
    "sliced": lambda clip: torch.cat((clip, clip), dim=-1)[..., :clip.shape[-1]],
    "stepped": lambda clip: clip.repeat_interleave(2, dim=-3)[:, :, ::2],
    "channels last": lambda clip: clip.contiguous(memory_format=torch.channels_last_3d),
}
COUNTS = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1]))
SEEDS = st.integers(0, 2**31)  # for tensors whose values Hypothesis does not choose one by one


def generator(seed):
    return torch.Generator().manual_seed(seed)


@st.composite
def clips(draw, dtypes=(*FLOATS, *SMALL_INTEGERS), batch=(0, 3), channels=(1, 3), frames=(1, 7), size=(1, 5)):
    """Clips ``[B, C, T, H, W]`` in any layout.

    Floating-point values are whole numbers in [-8, 8].

    Integers cover the whole range of their dtype. Sums of a few such values are exact in every floating-point dtype, so
    that laws can be tested for equality.
    """
    shape = [draw(st.integers(*span)) for span in (batch, channels, frames, size, size)]
    dtype = draw(st.sampled_from(dtypes))
    low, high = (-8, 9) if dtype.is_floating_point else (0, 2) if dtype == torch.bool else (
        torch.iinfo(dtype).min, torch.iinfo(dtype).max + 1)
    clip = torch.randint(low, high, shape, generator=generator(draw(SEEDS))).to(dtype)
    if draw(st.booleans()):  # stride 0
        clip = clip[:, :1].expand(shape)
    return draw(st.sampled_from(list(LAYOUTS.values())))(clip) if draw(st.booleans()) else clip


@st.composite
def embeddings(draw, number=2, batch=(2, 6), dimensions=(1, 5), dtypes=(torch.float32, torch.float64)):
    """``number`` tensors ``[B, D]`` of all scales: random, equal rows, or zeros."""
    shape = draw(st.integers(*batch)), draw(st.integers(*dimensions))
    values = torch.randn(number, *shape, generator=generator(draw(SEEDS)), dtype=torch.float64)
    kind = draw(st.sampled_from(["any", "equal rows", "zeros"]))
    if kind == "equal rows":
        values[:] = values[:, :1].clone()
    scale = 0.0 if kind == "zeros" else draw(st.sampled_from([1e-3, 1.0, 1e3]))
    return (scale * values).to(draw(st.sampled_from(dtypes))).unbind(0)
