"""Counts the clips that the batched pass turns into NaN or infinity; there should be none.

    python benchmarks/finite.py [--clips 500000] [--backend eager]

Clips like those of dark, letterboxed, still or drawn videos, and noise. Augmentation parameters are sampled as in the
paper, and derivatives of order 0, 1 and 2 are checked. Half of the batches are cropped by the pass, the other half
are taken as they are. Progress is kept in work_dirs/finite; the same command continues after an interruption.
"""
import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from common import write
from torch import Tensor

import vididi_transforms as vt
from vididi_transforms.data.files import write_json
from vididi_transforms.evaluation.provenance import provenance
from vididi_transforms.evaluation.tables import markdown_table

BATCH, FRAMES, SIZE = 100, 8, 32
ORDERS = (0, 1, 2)
SAVE_SECONDS, KEPT = 20, 20  # seconds between two files of progress, batches and clips that are named


def main() -> None:
    """Check the batches that are left, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=500_000, help=f"rounded up to batches of {BATCH} (%(default)s)")
    parser.add_argument("--backend", choices=("eager", "compiled", "triton"), default="eager")
    args = parser.parse_args()
    path = Path(f"work_dirs/finite/{args.backend}.json")
    progress = read_progress(path, {"backend": args.backend, "code": digest(), "versions": provenance("")["versions"]})
    saved = start = time.monotonic()
    before = progress["seconds"]
    for number in range(progress["batches"], -(-args.clips // BATCH)):
        check(number, progress, args.backend)
        if time.monotonic() - saved > SAVE_SECONDS:
            saved = time.monotonic()
            progress["seconds"] = before + saved - start
            write_json(path, progress)
            print(f"{BATCH * progress['batches']} clips, {sum(progress['not finite'].values())} not finite", flush=True)
    progress["seconds"] = before + time.monotonic() - start
    write_json(path, progress)
    report(progress)


def read_progress(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Progress of an interrupted run of the same code, backend and versions, or that of a new run."""
    if path.exists() and (progress := json.loads(path.read_text()))["settings"] == settings:
        return dict(progress)
    return {"settings": settings, "batches": 0, "seconds": 0.0, "not finite": dict.fromkeys(CONTENTS, 0), "first": []}


def digest() -> str:
    """Digest of the code that augments and differentiates, and of this file."""
    package = Path(vt.__file__).parent
    files = [*sorted(package.glob("augment/**/*.py")), *sorted(package.glob("derivatives/*.py")), Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def check(number: int, progress: dict[str, Any], backend: str) -> None:
    """Send one batch through the pass; the batch is a function of its number."""
    content = list(CONTENTS)[number // 2 % len(CONTENTS)]
    augment = vt.ClipAugment(size=SIZE if number % 2 else None)
    clips = CONTENTS[content](torch.Generator().manual_seed(number))
    outputs = augment(clips.cuda() if backend == "triton" else clips, augment.draw(clips.shape, number), ORDERS,
                      backend=backend)
    finite = torch.stack([output.isfinite().flatten(1).all(dim=1) for output in outputs]).all(dim=0)
    bad = (~finite).nonzero().flatten().tolist()
    progress["batches"] = number + 1
    progress["not finite"][content] += len(bad)
    progress["first"] = [*progress["first"], *([number, clip] for clip in bad)][:KEPT]


def report(progress: dict[str, Any]) -> None:
    """Write table and record."""
    clips, bad = BATCH * progress["batches"], progress["not finite"]
    checked = dict.fromkeys(CONTENTS, 0)
    for number in range(progress["batches"]):
        checked[list(CONTENTS)[number // 2 % len(CONTENTS)]] += BATCH
    table = markdown_table(("clips", "checked", "not finite"), [
        *((name, checked[name], bad[name]) for name in CONTENTS), ("all", clips, sum(bad.values()))])
    write("finite", {**progress["settings"], "clips": clips, "not finite": sum(bad.values()), "by content": bad,
                     "first, batch and clip": progress["first"], "shape of a clip": [3, FRAMES, SIZE, SIZE],
                     "orders": ORDERS, "seconds": round(progress["seconds"], 1),
                     "seconds per 1000 clips": round(1e3 * progress["seconds"] / clips, 2)}, table)


def noise(rng: torch.Generator, *shape: int) -> Tensor:
    """Uniform random bytes; the shape is that of a batch unless given."""
    return torch.randint(256, shape or (BATCH, 3, FRAMES, SIZE, SIZE), generator=rng, dtype=torch.uint8)


def natural(rng: torch.Generator) -> Tensor:
    """Smooth in space and time, with saturated black and white."""
    coarse = torch.rand(BATCH, 3, 3, 4, 4, generator=rng)
    smooth = F.interpolate(coarse, size=(FRAMES, SIZE, SIZE), mode="trilinear")
    return ((1.6 * smooth - 0.3).clamp(0, 1) * 255).to(torch.uint8)


def letterbox(rng: torch.Generator) -> Tensor:
    """Black bars above and below the picture."""
    clips = natural(rng)
    clips[..., :SIZE // 5, :] = clips[..., -(SIZE // 5):, :] = 0
    return clips


def bright_pixels(rng: torch.Generator) -> Tensor:
    """Black with single coloured pixels, such as stars or subtitles."""
    chosen = torch.rand(BATCH, 1, FRAMES, SIZE, SIZE, generator=rng) > 0.97
    return noise(rng) * chosen


def drawn(rng: torch.Generator) -> Tensor:
    """Areas of pure colours, as in cartoons and slides."""
    areas = torch.randint(2, (BATCH, 3, FRAMES, 4, 4), generator=rng, dtype=torch.uint8)
    return (areas * 255).repeat_interleave(SIZE // 4, 3).repeat_interleave(SIZE // 4, 4)


def one_colour(rng: torch.Generator) -> Tensor:
    """One colour per clip; black and white among them."""
    colours = noise(rng, BATCH, 3, 1, 1, 1)
    colours[0], colours[1] = 0, 255
    return colours.expand(-1, -1, FRAMES, SIZE, SIZE)


def still(rng: torch.Generator) -> Tensor:
    """One frame repeated."""
    return letterbox(rng)[:, :, :1].expand(-1, -1, FRAMES, -1, -1)


def tiny(rng: torch.Generator) -> Tensor:
    """Floating-point values from 1 down to denormal numbers, each in its own pixel."""
    shape = (BATCH, 3, FRAMES, SIZE, SIZE)
    return 10 ** (-45 * torch.rand(shape, generator=rng)) * (torch.rand(shape, generator=rng) > 0.5)


CONTENTS: dict[str, Callable[[torch.Generator], Tensor]] = {
    "noise": noise, "smooth": natural, "letterbox": letterbox, "bright pixels on black": bright_pixels,
    "areas of pure colours": drawn, "one colour": one_colour, "one frame repeated": still,
    "values down to 1e-45": tiny}

if __name__ == "__main__":
    main()
