"""Measures attention on moving pixels for ``vididi saliency``, and draws tubes."""
import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor

from ...analysis.attention import attention_on_motion, mask_tubes, moving_pixels
from ...analysis.saliency_pictures import Example, draw_sheet, write_mp4
from ...data.files import write_json
from ...evaluation.tables import percent
from .saliency_inputs import Encoder, evenly, load_encoder, read_clips, videos_of

Attention = dict[str, float | int]


@dataclass
class Measured:
    """Results for the videos in which something moves."""

    shares: dict[str, list[float]]  # attention on moving pixels by encoder
    masks: dict[str, list[float]]  # the share that the mask itself reaches at the resolution of the encoder's maps
    chance: list[float] = field(default_factory=list)  # the share of moving pixels
    still: int = 0  # number of videos in which nothing moves
    known: bool = False  # whether the moving shape is known exactly
    examples: list[Example] = field(default_factory=list)

    def attention(self, name: str) -> Attention:
        """Mean and standard deviation of an encoder's shares, chance and mask's share."""
        shares = self.shares[name]
        return {"mean": round(mean(shares), 6), "std": round(stdev(shares), 6) if len(shares) > 1 else 0.0,
                "chance": round(mean(self.chance), 6),
                "mask_at_map_resolution": round(mean(self.masks[name]), 6), "videos": len(shares)}


def measure(encoders: Sequence[Encoder], config: Config, dataset: Any, show: int = 4, motion_seed: int = 0,
            threshold: float = 0.1) -> Measured:
    """Measure attention on moving pixels, and collect tubes of some videos.

    Args:
        encoders: encoders with different names; all see the same clips.
        config: config whose ``test_dataloader`` has the settings for reading.
        dataset: dataset from :func:`videos_of`.
        show: number of videos whose first clips become examples.
        motion_seed: seed that motion videos were written with.
        threshold: for other videos, as in :func:`vididi_transforms.analysis.attention.moving_pixels`.

    Raises:
        ValueError: If nothing moves in any video, or as in :func:`read_clips`.
    """
    from tqdm import tqdm

    names = [encoder.name for encoder in encoders]
    result = Measured({name: [] for name in names}, {name: [] for name in names})
    shown = set(evenly(show, len(dataset)))
    videos = read_clips(config, dataset, motion_seed)
    for number, (clips, shape, sample) in enumerate(tqdm(videos, total=len(dataset), desc="saliency", unit="video")):
        result.known = shape is not None
        mask = moving_pixels(clips / 255, threshold).float() if shape is None else shape
        tubes = _add(result, encoders, clips, mask, sample.get("gt_label"))
        if number in shown:
            result.examples.append(Example(_title(dataset.get_data_info(number)), clips[0] / 255, mask[0],
                                           {name: tube[0] for name, tube in tubes.items()}))
    if not result.chance:
        raise ValueError(f"attention on motion needs videos with motion: nothing moves in {result.still} videos")
    return result


def _add(result: Measured, encoders: Sequence[Encoder], clips: Tensor, mask: Tensor,
         label: Tensor | None) -> dict[str, Tensor]:
    """Add the shares of one video, and return its tubes by encoder."""
    labels = None if label is None else label.reshape(-1)[:1].expand(len(clips))
    moving = mask.amax(dim=(1, 2, 3)) > 0  # the clips with motion
    tubes = {}
    for encoder in encoders:
        tubes[encoder.name], positions = encoder.tubes(clips, labels)
        for kept, seen in ((result.shares, tubes[encoder.name]), (result.masks, mask_tubes(mask, positions))):
            if moving.any():
                kept[encoder.name].append(attention_on_motion(seen[moving], mask[moving])[0].mean().item())
    if moving.any():
        result.chance.append(mask[moving].mean().item())
    else:
        result.still += 1
    return tubes


def _title(info: dict[str, Any]) -> str:
    return Path(str(info.get("filename", info.get("frame_dir", info.get("sample_idx"))))).stem


def report(result: Measured, encoders: Sequence[Encoder], threshold: float) -> dict[str, Any]:
    """The content of ``saliency.json``; a second encoder is ``compared_with``."""
    records = [{"encoder": encoder.name, "attention_on_motion": result.attention(encoder.name),
                "weights": "feature" if encoder.classifier is None else "class"} for encoder in encoders]
    moving = "the moving shape" if result.known else f"pixels whose first derivative exceeds {threshold} of the range"
    return {**records[0], "moving_pixels": moving, "still_videos": result.still,
            **({"compared_with": records[1]} if records[1:] else {})}


def run(args: argparse.Namespace) -> None:
    """Measure, draw and write.

    Raises:
        ValueError: If the arguments do not fit together, or as in :func:`measure`.
    """
    paths, checkpoints, names = _check_arguments(args)
    configs = [Config.fromfile(path) for path in paths]
    for config in configs:
        config.merge_from_dict(args.cfg_options or {})
    init_default_scope(configs[0].get("default_scope", "mmaction"))
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    encoders = [load_encoder(*row, device) for row in zip(configs, checkpoints, names, strict=True)]
    dataset = videos_of(configs[0], args.videos)
    args.out.mkdir(parents=True, exist_ok=True)  # here, so that an error comes before the minutes of measuring
    result = measure(encoders, configs[0], dataset, args.show, args.motion_seed, args.threshold)
    write(result, report(result, encoders, args.threshold), args.out)


def _check_arguments(args: argparse.Namespace) -> tuple[list[str], list[str], list[str]]:
    configs, checkpoints = args.pairs[::2], args.pairs[1::2]
    if len(configs) != len(checkpoints) or len(configs) > 2:
        raise ValueError(f"saliency takes CONFIG CHECKPOINT once or twice: got {len(args.pairs)} arguments")
    names = args.names or [Path(path).absolute().parent.name for path in checkpoints]
    if len(names) != len(configs) or len(set(names)) != len(names):
        raise ValueError(f"encoders need different names, one each: got {names}; give --names")
    if args.show < 1 or (args.videos is not None and args.videos < 1):
        raise ValueError(f"numbers of videos must be >= 1: got videos={args.videos}, show={args.show}")
    return configs, checkpoints, names


def write(result: Measured, record: dict[str, Any], out: Path) -> None:
    """Write pictures and numbers to an existing folder, and print the numbers."""
    draw_sheet(result.examples, out / "saliency.png")
    write_mp4(result.examples, out / "saliency.mp4")
    write_json(out / "saliency.json", record)
    print(f"attention on {record['moving_pixels']}, mean of {len(result.chance)} videos: " + ", ".join(
        f"{name} {percent(mean(shares))}" for name, shares in [*result.shares.items(), ("chance", result.chance)]))
    print(f"Written: {out / 'saliency.png'}, {out / 'saliency.mp4'}, {out / 'saliency.json'}\n"
          f"Next: vididi report {out}")
