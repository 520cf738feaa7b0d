"""Speed of augmenting and differentiating uint8 clips, and of other libraries.

    python benchmarks/batched_pass.py             # on the GPU if there is one
    python benchmarks/batched_pass.py --check     # exits with 1 unless it is at least 4 times as fast as the best peer

Colour jitter (.2 .2 .2 .05, p .8), grayscale (p .5), blur 3 x 3 (p .5), normalisation, first difference; parameters are
sampled once per clip.
"""
import argparse
import functools
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import cv2
import kornia.augmentation as K
import numpy as np
import torch
from common import interleaved, timed, write
from mmaction.registry import TRANSFORMS
from mmengine.registry import init_default_scope
from torch import Tensor
from torchvision.transforms import v2

import vididi_transforms as vt
from vididi_transforms.augment.kernels import IMAGENET_MEAN, IMAGENET_STD
from vididi_transforms.evaluation.tables import markdown_table

CUDA = torch.cuda.is_available()
WHOLE = ("torchvision v2, clip by clip", "kornia VideoSequential")  # the peers that do all of these operations
OURS = ("triton", "compiled", "eager") if CUDA else ("compiled", "eager")


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=128 if CUDA else 32)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true", help="only compare with the best peer; writes nothing")
    return parser.parse_args()


def main() -> None:
    """Time all implementations and report."""
    args = arguments()
    clips = torch.randint(256, (args.clips, 3, args.frames, args.size, args.size), dtype=torch.uint8)
    clips = clips.to("cuda" if CUDA else "cpu")
    compiling = seconds_of_compiling(clips)
    timings = interleaved({**{name: functools.partial(ours(name), clips) for name in OURS},
                           **{name: functools.partial(peer, clips) for name, peer in peers().items()}}, args.rounds)
    speed = {name: args.clips / timing["median"] * 1e3 for name, timing in timings.items()}
    ratio = speed[OURS[0]] / max(speed[name] for name in WHOLE)
    ratios = {name: round(speed[OURS[0]] / value, 1) for name, value in speed.items() if name not in OURS}
    if args.check:
        print(f"{OURS[0]}: {ratio:.1f} times the best peer")
        sys.exit(ratio < 4)
    table = markdown_table(("implementation", "clips/s", "ms (quartiles)"), [
        (name, round(speed[name]), f"{t['median']:.1f} ({t['q25']:.1f} to {t['q75']:.1f})")
        for name, t in timings.items()])
    result = {"shape": list(clips.shape), "timings": timings, f"{OURS[0]} is times as fast as": ratios,
              "first call of compiled in s": compiling,
              "clips per second": {name: round(value) for name, value in speed.items()}}
    table += f"\nFirst call of `compiled`: {compiling} s.\n"
    if CUDA:
        result["floor"] = floors(clips, args.rounds)
    write("batched_pass", result, table)


def ours(backend: str) -> Callable[[Tensor], Any]:
    """This package: sample the parameters and run the batched pass."""
    augment = vt.ClipAugment(size=None)
    return lambda clips: augment(clips, augment.draw(clips.shape, 0), orders=(1,), backend=backend)


def seconds_of_compiling(clips: Tensor) -> float:
    """Seconds of the compiled backend's first call, with an empty compiler cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        return round(timed(functools.partial(ours("compiled"), clips)), 1)


def peers() -> dict[str, Callable[[Tensor], Any]]:
    """The same operations with other libraries, as their users would write them."""
    jitter, blur = v2.ColorJitter(0.2, 0.2, 0.2, 0.05), v2.GaussianBlur(3, (0.1, 2.0))
    torchvision = v2.Compose([v2.RandomApply([jitter], 0.8), v2.RandomGrayscale(0.5), v2.RandomApply([blur], 0.5),
                              v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET_MEAN, IMAGENET_STD)])
    kornia = K.VideoSequential(
        K.ColorJitter(0.2, 0.2, 0.2, 0.05, p=0.8), K.RandomGrayscale(p=0.5),
        K.RandomGaussianBlur((3, 3), (0.1, 2.0), p=0.5),
        K.Normalize(torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)), data_format="BCTHW", same_on_frame=True)
    found = {
        WHOLE[0]: lambda clips: torch.stack(
            [torchvision(clip.transpose(0, 1)).transpose(0, 1).diff(dim=1) for clip in clips]),
        WHOLE[1]: lambda clips: kornia(clips.float() / 255).diff(dim=2),
    }
    return found if CUDA else {**found, "MMAction2 and OpenCV's blur, clip by clip, without hue": mmaction2()}


def mmaction2() -> Callable[[Tensor], Any]:
    """MMAction2's transforms.

    Its ColorJitter fails with hue on NumPy 2; blur and grayscale are not part of it.
    """
    init_default_scope("mmaction")
    jitter = TRANSFORMS.build(dict(type="ColorJitter", brightness=0.2, contrast=0.2, saturation=0.2, hue=0.0))
    mean, std = (255 * np.array(values, np.float32) for values in (IMAGENET_MEAN, IMAGENET_STD))

    def one(frames: np.ndarray) -> Tensor:
        results = dict(imgs=list(frames), modality="RGB")
        if np.random.rand() < 0.8:
            results = jitter(results)
        if np.random.rand() < 0.5:
            sigma = np.random.uniform(0.1, 2.0)
            results["imgs"] = [cv2.GaussianBlur(frame, (3, 3), sigma) for frame in results["imgs"]]
        video = np.stack(results["imgs"]).astype(np.float32)
        if np.random.rand() < 0.5:
            video = np.repeat(video @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=-1)
        return torch.from_numpy(np.diff((video - mean) / std, axis=0)).permute(3, 0, 1, 2)

    return lambda clips: torch.stack([one(frames) for frames in clips.permute(0, 2, 3, 4, 1).contiguous().numpy()])


def floors(clips: Tensor, rounds: int) -> dict[str, Any]:
    """Time of the pass for each order.

    It is compared with reading every input byte and writing every output byte once.
    """
    big = torch.empty(2**28, device="cuda")
    copy = interleaved({"copy": lambda: big.mul_(1.0)}, rounds)["copy"]["median"]
    bandwidth = 2 * big.numel() * 4 / (copy / 1e3)
    augment = vt.ClipAugment(size=None)
    table = augment.draw(clips.shape, 0).table().cuda()
    result: dict[str, Any] = {"bandwidth in GB/s": round(bandwidth / 1e9)}
    for orders in ((0,), (1,), (2,), (0, 1, 2)):
        for dtype in (torch.float32, torch.bfloat16):
            run = functools.partial(vt.augment_and_differentiate, clips, table, orders, dtype=dtype)
            moved = clips.numel() + sum(view.numel() * view.element_size() for view in run())
            time = interleaved({"pass": run}, rounds)["pass"]["median"]
            result[f"orders {orders}, {dtype}"] = {"ms": time, "of the floor's speed": round(
                moved / bandwidth * 1e3 / time, 3)}
    return result


if __name__ == "__main__":
    main()
