"""All backends of the batched pass agree; torch.compile, opcheck, CUDA graphs."""
import os
import subprocess
import sys

import pytest
import torch
from paths import ROOT

import vididi_transforms as vt
from vididi_transforms.augment.kernels import chunked

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
ABSOLUTE = 2e-5  # float32 arithmetic in a different order
RELATIVE = {torch.bfloat16: 2**-8, torch.float16: 2**-11}  # one rounding
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # it truncates float32 to bfloat16


def case(shape=(5, 3, 4, 18, 25), **options):
    augment = vt.ClipAugment(size=None, hue=0.4, **options)
    batch = torch.randint(256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    return batch.to(DEVICE), augment.draw(shape).table().to(DEVICE)


def both(batch, table, orders, backend, dtype=torch.float32, **options):
    expected = vt.augment_and_differentiate(batch, table, orders, backend="eager", **options)
    out = vt.augment_and_differentiate(batch, table, orders, backend=backend, dtype=dtype, **options)
    return out, expected


@pytest.mark.parametrize("orders", [(0,), (1,), (2,), (0, 1, 2), (2, 0), (3, 1)])
def test_triton_agrees(orders):
    for out, expected in zip(*both(*case(), orders, "triton"), strict=True):
        torch.testing.assert_close(out, expected, atol=ABSOLUTE, rtol=0)


@pytest.mark.parametrize("shape", [(2, 3, 5, 37, 41), (1, 3, 3, 8, 9), (3, 3, 1, 30, 30)])
def test_triton_agrees_on_shapes(shape):
    """Several blocks of pixels, frame counts of no power of two, a single frame."""
    orders = tuple(range(min(shape[2], 3)))
    for out, expected in zip(*both(*case(shape), orders, "triton"), strict=True):
        torch.testing.assert_close(out, expected, atol=ABSOLUTE, rtol=0)


@pytest.mark.parametrize("options", [dict(contrast_mean="frame"), dict(kernel_size=5), dict(kernel_size=1),
                                     dict(channels_last=True), dict(mean=(0, 0, 0), std=(1, 2, 3))])
def test_triton_agrees_on_options(options):
    for out, expected in zip(*both(*case(), (0, 1), "triton", **options), strict=True):
        torch.testing.assert_close(out, expected, atol=ABSOLUTE, rtol=0)
        assert out.is_contiguous(memory_format=torch.channels_last_3d) == options.get("channels_last", False)


@pytest.mark.slow
@pytest.mark.parametrize("options", [dict(), dict(contrast_mean="frame", kernel_size=5, channels_last=True)])
def test_compiled_agrees(options):
    for out, expected in zip(*both(*case(), (2, 0, 1), "compiled", **options), strict=True):
        torch.testing.assert_close(out, expected, atol=ABSOLUTE, rtol=0)
        assert out.is_contiguous(memory_format=torch.channels_last_3d) == options.get("channels_last", False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("backend", ["eager", "triton", pytest.param("compiled", marks=pytest.mark.slow)])
def test_half_precision_is_rounded_after_the_difference(backend, dtype):
    roundings = 2 if backend == "triton" and INTERPRETED and dtype == torch.bfloat16 else 1
    for out, expected in zip(*both(*case(), (0, 1, 2), backend, dtype), strict=True):
        assert out.dtype == dtype
        torch.testing.assert_close(out.float(), expected, atol=ABSOLUTE, rtol=roundings * RELATIVE[dtype])
        if backend == "eager":
            assert torch.equal(out, expected.to(dtype))


@pytest.mark.parametrize("backend", ["eager", "triton"])
def test_float_input_and_strides(backend):
    batch, table = case()
    (expected,) = vt.augment_and_differentiate(batch, table, (1,), backend="eager")
    first, padded = torch.stack((batch, batch.flip(0)), dim=1)[:, 0], batch.new_zeros(*batch.shape[:-1], 32)
    padded[..., :25] = batch
    last = batch.contiguous(memory_format=torch.channels_last_3d)
    for other in (first, padded[..., :25], last, batch.float() / 255, batch.double() / 255):
        (out,) = vt.augment_and_differentiate(other, table, (1,), backend=backend)
        torch.testing.assert_close(out, expected, atol=ABSOLUTE, rtol=0)


CENTRAL_DIFFERENCE = """
import torch
from vididi_transforms.derivatives import functional

functional.difference = lambda clip, dim: (
    clip.narrow(dim, 2, clip.shape[dim] - 2) - clip.narrow(dim, 0, clip.shape[dim] - 2)) / 2
functional.frames_lost = lambda order: 2 * order
import vididi_transforms as vt

clips = torch.randint(256, (2, 3, 7, 8, 9), dtype=torch.uint8, device=DEVICE)
params = vt.ClipAugment(size=None).draw(clips.shape)
for backend in ("eager", "triton"):
    outputs = vt.augment_and_differentiate(clips, params, (0, 1, 2), backend=backend)
    assert [output.shape[2] for output in outputs] == [7, 5, 3]
    for order, output in enumerate(outputs):
        torch.testing.assert_close(output, vt.temporal_difference(outputs[0], order), atol=1e-6, rtol=0)
"""


def test_another_stencil_is_one_edit():
    """Central differences lose two frames per order; every backend follows."""
    done = subprocess.run([sys.executable, "-c", CENTRAL_DIFFERENCE.replace("DEVICE", repr(DEVICE))],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pieces_of_a_batch_make_the_whole(monkeypatch):
    batch, table = case((7, 3, 4, 18, 25))
    (expected,) = vt.augment_and_differentiate(batch, table, (1,))
    for clips in (1, 2, 3, 5):
        monkeypatch.setattr("vididi_transforms.augment.kernels.chunked.EAGER", clips * batch[0].numel())
        torch.testing.assert_close(vt.augment_and_differentiate(batch, table, (1,))[0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("clips", [1, 2, 5, 7])
def test_pieces_have_one_shape(monkeypatch, clips):
    """One compilation must serve all pieces; together they cover the batch."""
    batch, table = case((clips, 3, 4, 18, 25))
    seen, fill = [], chunked._fill
    monkeypatch.setattr(chunked, "EAGER", 2 * batch[0].numel())
    monkeypatch.setattr(chunked, "_fill", lambda padded, *rest: [seen.append(padded.shape), fill(padded, *rest)])
    vt.augment_and_differentiate(batch, table, (1,))
    assert len(set(seen)) == 1
    assert clips <= seen[0][0] * len(seen) < clips + seen[0][0]


def test_an_empty_batch():
    batch, table = case()
    assert vt.augment_and_differentiate(batch[:0], table[:0], (2,))[0].shape == (0, 3, 2, 18, 25)


def test_operator_passes_opcheck():
    batch, table = case()
    operator = torch.ops.vididi_transforms.augment_and_differentiate.default
    options = ([0, 2], [0.5] * 3, [0.2] * 3, 3, "clip", torch.float32, True, "eager")
    torch.library.opcheck(operator, (batch, table, *options))


def test_no_graph_break_under_compile():
    batch, table = case()
    step = torch.compile(lambda x, t: vt.augment_and_differentiate(x, t, (0, 1))[1] * 2, fullgraph=True,
                         backend="aot_eager")
    expected = vt.augment_and_differentiate(batch, table, (0, 1))[1] * 2
    torch.testing.assert_close(step(batch, table), expected, atol=ABSOLUTE, rtol=0)


@pytest.mark.slow
def test_kernels_compile_for_cuda_without_a_gpu():
    """Compile to PTX for compute capability 9.0: the interpreter accepts more."""
    code = (ROOT / "tests/helpers/compile_sweep.py").read_text()
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "st.global.v4.b32" in done.stdout  # one store writes neighbouring pixels


@pytest.mark.skipif(not CUDA, reason="CUDA graphs need a GPU")
def test_cuda_graph():
    batch, table = case()
    (expected,) = vt.augment_and_differentiate(batch, table, (1,))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        (out,) = vt.augment_and_differentiate(batch, table, (1,))
    out.zero_()
    graph.replay()
    torch.testing.assert_close(out, expected)
