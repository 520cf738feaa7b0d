"""``vididi saliency CONFIG CHECKPOINT [CONFIG2 CHECKPOINT2] --out DIR``: where it looks.

Saliency tubes of one or two encoders over the test data set of the first config, whose clips both see (of a
ConcatDataset the last part: in retrieval the queries). Writes saliency.png, saliency.mp4, and saliency.json with the
share of attention on moving pixels. A linear head that is in the checkpoint gives class-wise tubes of the videos' own
classes; any other encoder, also a detector's backbone, class-free ones.
"""
import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from torch import Tensor

from ...analysis.saliency import attention_on_motion, mask_tubes, moving_pixels
from ...analysis.saliency_pictures import Example, draw_sheet, write_film
from ...data.files import write_json
from .saliency_inputs import Encoder, evenly, load_encoder, read_clips, videos_of

Attention = dict[str, float | int]


@dataclass
class Measured:
    """Of every video in which something moves: shares of attention by encoder, and what to compare them with."""

    shares: dict[str, list[float]]
    masks: dict[str, list[float]]  # the share that the mask itself has at the resolution of the encoder's maps
    chance: list[float] = field(default_factory=list)
    still: int = 0  # videos in which nothing moves
    known: bool = False  # the moving shape is known exactly
    examples: list[Example] = field(default_factory=list)

    def attention(self, name: str) -> Attention:
        """An encoder's shares in numbers; ``std`` is that of the videos."""
        shares = self.shares[name]
        return {"mean": round(mean(shares), 6), "std": round(stdev(shares), 6) if len(shares) > 1 else 0.0,
                "chance": round(mean(self.chance), 6),
                "mask_at_map_resolution": round(mean(self.masks[name]), 6), "videos": len(shares)}


def measure(encoders: Sequence[Encoder], config: Config, dataset: Any, show: int = 4, motion_seed: int = 0,
            threshold: float = 0.1) -> Measured:
    """Attention on moving pixels over a data set, and tubes of some of its videos.

    Args:
        encoders: with different names; all see the same clips.
        config: its ``test_dataloader`` says how the data set is read.
        dataset: of :func:`videos_of`.
        show: number of videos whose first clips become examples.
        motion_seed: with which motion videos were written.
        threshold: of :func:`vididi_transforms.analysis.saliency.moving_pixels`, for any other videos.

    Raises:
        ValueError: nothing moves in any video, or as :func:`read_clips`.
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
        raise ValueError(f"attention on motion needs videos in which something moves: nothing does in {result.still}")
    return result


def _add(result: Measured, encoders: Sequence[Encoder], clips: Tensor, mask: Tensor,
         label: Tensor | None) -> dict[str, Tensor]:
    labels = None if label is None else label.reshape(-1)[:1].expand(len(clips))
    moving = mask.amax(dim=(1, 2, 3)) > 0  # clips in which something moves
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
    """What ``saliency.json`` holds: the first encoder's attention, and the second's under ``compared_with``."""
    records = [{"encoder": encoder.name, "attention_on_motion": result.attention(encoder.name),
                "weights": "feature" if encoder.classifier is None else "class"} for encoder in encoders]
    moving = "the moving shape" if result.known else f"pixels whose first derivative exceeds {threshold} of the range"
    return {**records[0], "moving_pixels": moving, "still_videos": result.still,
            **({"compared_with": records[1]} if records[1:] else {})}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi saliency``."""
    parser.add_argument("pairs", nargs="+", metavar="CONFIG CHECKPOINT", help="one encoder or two")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--names", nargs="+", help="of the encoders (default: the folders of the checkpoints)")
    parser.add_argument("--videos", type=int, help="measure this many, evenly spaced (default: all)")
    parser.add_argument("--show", type=int, default=4, help="videos in the pictures (default: %(default)s)")
    parser.add_argument("--motion-seed", type=int, default=0, help="of motion videos (default: %(default)s)")
    parser.add_argument("--threshold", type=float, default=0.1, help="of the first derivative, from which on a pixel "
                        "of any other video moves; 1 is the range of a pixel (default: %(default)s)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--cfg-options", nargs="+", action=DictAction, metavar="KEY=VALUE",
                        help="override settings of both configs")


def run(args: argparse.Namespace) -> None:
    """Measure, draw and write.

    Raises:
        ValueError: arguments do not fit together, or as :func:`measure`.
    """
    configs, checkpoints = args.pairs[::2], args.pairs[1::2]
    names = args.names or [Path(path).absolute().parent.name for path in checkpoints]
    if len(configs) != len(checkpoints) or len(configs) > 2:
        raise ValueError(f"saliency takes CONFIG CHECKPOINT once or twice: got {len(args.pairs)} arguments")
    if len(names) != len(configs) or len(set(names)) != len(names):
        raise ValueError(f"each encoder needs a name of its own: got {names}; give --names")
    if min(args.show, args.show if args.videos is None else args.videos) < 1:
        raise ValueError(f"numbers of videos must be >= 1: got videos={args.videos}, show={args.show}")
    read = [Config.fromfile(path) for path in configs]
    for config in read:
        config.merge_from_dict(args.cfg_options or {})
    init_default_scope(read[0].get("default_scope", "mmaction"))
    encoders = [load_encoder(*row, args.device) for row in zip(read, checkpoints, names, strict=True)]
    dataset = videos_of(read[0], args.videos)
    args.out.mkdir(parents=True, exist_ok=True)  # before the minutes that measuring takes
    result = measure(encoders, read[0], dataset, args.show, args.motion_seed, args.threshold)
    write(result, report(result, encoders, args.threshold), args.out)


def write(result: Measured, record: dict[str, Any], out: Path) -> None:
    """Write pictures and numbers to a folder that is there, and print the numbers."""
    draw_sheet(result.examples, out / "saliency.png")
    write_film(result.examples, out / "saliency.mp4")
    write_json(out / "saliency.json", record)
    print(f"attention on {record['moving_pixels']}, mean of {len(result.chance)} videos: " + ", ".join(
        [*(f"{name} {100 * mean(shares):.1f} %" for name, shares in result.shares.items()),
         f"chance {100 * mean(result.chance):.1f} %"]))
    print(f"Written: {out / 'saliency.png'}, {out / 'saliency.mp4'}, {out / 'saliency.json'}")
