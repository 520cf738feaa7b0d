"""Compiles the Triton kernels for compute capability 9.0 without a GPU.

Prints the PTX of the sweep.
"""
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from vididi_transforms.augment.kernels import sweep_triton

POINTERS = dict(clips="*u8", table="*fp32", sums="*fp32", out0="*fp32", out1="*bf16", out2="*fp16")
FLOATS = tuple(f"{name}{k}" for name in ("shift", "gain") for k in range(3))
SHARED = dict(HALF=1, BYTES=True, BLOCK=512)
ALIGNED = ("clips", "sb", "sc", "st", "height", "width", "out0", "out1", "out2", "o0b", "o0c", "o1b", "o1c", "ot")


def compile_kernel(kernel, constants):
    names = kernel.arg_names
    types = POINTERS | dict.fromkeys(FLOATS, "fp32")
    signature = {name: "constexpr" if name in constants else types.get(name, "i32") for name in names}
    attributes = {(names.index(name),): [["tt.divisibility", 16]] for name in ALIGNED if name in names}
    constants = {(names.index(name),): value for name, value in constants.items()}
    source = ASTSource(kernel, signature, constants, attributes)
    return triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ptx"]


if __name__ == "__main__":
    compile_kernel(sweep_triton._luminance, SHARED)
    compile_kernel(sweep_triton._luminance, SHARED | dict(HALF=2, BYTES=False))
    compile_kernel(sweep_triton._sweep, SHARED | dict(
        op=3, HALF=0, FRAMES=16, PER_FRAME=True, ORDER0=False, ORDER1=True, ORDER2=False))
    print(compile_kernel(sweep_triton._sweep, SHARED | dict(
        op=1, FRAMES=8, PER_FRAME=False, ORDER0=True, ORDER1=True, ORDER2=True)))
