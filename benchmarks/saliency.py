"""Attention on the moving shape, before and after fine-tuning.

The encoders are those of the ablation.

    python benchmarks/ablation.py && python benchmarks/fine_tuning.py && python benchmarks/saliency.py

Writes benchmarks/results/saliency.{json,md,png}.
"""
import argparse
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from ablation import CONFIGS
from common import RESULTS, write
from fine_tuning import arguments
from mmengine.config import Config
from mmengine.registry import init_default_scope

from vididi_transforms.analysis.saliency_pictures import Example, draw_sheet
from vididi_transforms.evaluation.tables import markdown_table
from vididi_transforms.mmaction2.demo import CONFIG, untrained_checkpoint
from vididi_transforms.mmaction2.evaluation.saliency import Measured, measure
from vididi_transforms.mmaction2.evaluation.saliency_inputs import load_encoder, videos_of

PRETRAINED = CONFIGS / CONFIG.format("vicreg")
FINE_TUNED = CONFIGS / "demo/r3d-tiny_1xb16-16x2x1-2e_motion-rgb.py"
ENCODERS = {"untrained": "untrained", "base": "vicreg", "schedule-1st-mix": None, "vididi": "vididi-vicreg"}
SETTINGS: dict[str, tuple[Path, int, int]] = {  # config, height and width of the input, index of the encoder's stage
    "last maps, 32 px": (PRETRAINED, 32, 3),
    "last maps, 64 px": (PRETRAINED, 64, 3),
    "second stage, 32 px": (PRETRAINED, 32, 1),
    "fine-tuned, class-wise": (FINE_TUNED, 32, 3),
}
SHOWN = "second stage, 32 px"


def main() -> None:
    """Measure every setting and report."""
    parser = arguments(__doc__, "saliency")
    parser.add_argument("--fine-tuning", type=Path, default=Path("work_dirs/fine_tuning"),
                        help="runs of fine_tuning.py (%(default)s)")
    parser.add_argument("--videos", type=int, help="number of test videos to measure (default: all)")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # faster for small encoders
    init_default_scope("mmaction")
    measured = {name: attend(args, name) for name in SETTINGS}
    report(measured, args.seeds, RESULTS)


def attend(args: argparse.Namespace, setting: str) -> Measured:
    """Attention of all encoders and seeds on the same clips."""
    path, size, stage = SETTINGS[setting]
    config = Config.fromfile(path)
    config.model.backbone.out_indices = (stage,)
    config.test_dataloader.merge(dict(num_workers=0, persistent_workers=False))
    videos = config.test_dataloader.dataset.get("datasets", [config.test_dataloader.dataset])[-1]
    videos.merge(dict(ann_file=str(args.data / "test.txt"), data_prefix=dict(video=str(args.data))))
    for transform in [step for part in videos.pipeline for step in (part, *part.get("transforms", []))]:
        if transform.type == "Resize":
            transform.scale = (size, size)
    config.test_dataloader.dataset = videos
    encoders = [load_encoder(config, str(checkpoint(args, path, name, seed)), f"{name}-seed{seed}")
                for name in ENCODERS if path == PRETRAINED or ENCODERS[name] for seed in args.seeds]
    return measure(encoders, config, videos_of(config, args.videos), show=3)


def checkpoint(args: argparse.Namespace, config: Path, name: str, seed: int) -> Path:
    """The last checkpoint of a run, or one of an untrained encoder."""
    if config == FINE_TUNED:
        folder = args.fine_tuning / f"{ENCODERS[name]}-seed{seed}"
    elif name == "untrained":
        return untrained_checkpoint(args.out, seed)
    else:
        folder = args.ablation / f"{name}-seed{seed}"
    return max(folder.glob("epoch_*.pth"), key=lambda path: path.stat().st_mtime)


def report(measured: dict[str, Measured], seeds: list[int], results: Path) -> None:
    """Write JSON, table and figure; print the table."""
    shares = {setting: {name: [round(100 * mean(result.shares[f"{name}-seed{seed}"]), 2) for seed in seeds]
                        for name in ENCODERS if f"{name}-seed{seeds[0]}" in result.shares}
              for setting, result in measured.items()}
    chance = {setting: round(100 * mean(result.chance), 2) for setting, result in measured.items()}
    masks = {setting: round(100 * mean(result.masks[f"base-seed{seeds[0]}"]), 2)
             for setting, result in measured.items()}
    lines: list[tuple[Any, ...]] = [("(chance)", *(f"{value:.1f}" for value in chance.values()))]
    lines += [(f"`{name}`", *(cell(shares[setting].get(name, [])) for setting in measured)) for name in ENCODERS]
    lines += [("(the shape itself, as coarse)", *(f"{value:.1f}" for value in masks.values()))]
    table = markdown_table(("attention on the moving shape in %", *measured), lines)
    draw_sheet([seed_of(example, seeds[0]) for example in measured[SHOWN].examples], results / "saliency.png")
    write("saliency", {"attention_on_motion": shares, "chance": chance, "mask_at_map_resolution": masks, "seeds": seeds,
                       "videos": {name: len(result.chance) for name, result in measured.items()}}, table, results)


def cell(values: list[float]) -> str:
    """Mean and standard deviation over the seeds, and each seed."""
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):.1f}{spread} ({', '.join(f'{value:.1f}' for value in values)})" if values else ""


def seed_of(example: Example, seed: int) -> Example:
    """The tubes of one seed: baseline and ViDiDi side by side."""
    tubes = {name: example.tubes[f"{name}-seed{seed}"] for name in ("base", "schedule-1st-mix", "vididi")}
    return Example(example.title, example.frames, example.mask, tubes)


if __name__ == "__main__":
    main()
