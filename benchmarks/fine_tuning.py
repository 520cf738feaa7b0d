"""Two epochs of fine-tuning on motion videos.

The encoders are those of the ablation and untrained ones.

    python benchmarks/ablation.py && python benchmarks/fine_tuning.py

Trains and tests with ``mim train``. Writes benchmarks/results/fine_tuning.{json,md}.
"""
import argparse
from pathlib import Path

from ablation import scalars
from common import write

from vididi_transforms.data.motions import MOTIONS
from vididi_transforms.evaluation.tables import markdown_table
from vididi_transforms.mmaction2.demo import Processes, untrained_checkpoint

CONFIG = Path(__file__).parents[1] / "mmaction_configs/demo/r3d-tiny_1xb16-16x2x1-2e_motion-rgb.py"
ROWS = {"vicreg": "base", "vididi-vicreg": "vididi"}  # schedules in the ablation


def main() -> None:
    """Fine-tune every encoder and report."""
    args = arguments(__doc__, "fine_tuning").parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    accuracy = {name: [fine_tune(args, name, seed) for seed in args.seeds] for name in ("untrained", *ROWS)}
    table = markdown_table(("two epochs of fine-tuning from", "top-1 accuracy in %", "each seed"), [
        ("(chance)", round(100 / len(MOTIONS), 1), ""),
        *((name, round(sum(values) / len(values), 1), ", ".join(map(str, values)))
          for name, values in accuracy.items())])
    write("fine_tuning", {"accuracy": accuracy, "chance": 100 / len(MOTIONS), "seeds": args.seeds, "epochs": 2,
                          "test videos": len((args.data / "test.txt").read_text().splitlines())}, table)


def arguments(description: str | None, out: str) -> argparse.ArgumentParser:
    """Command line of a benchmark of the ablation's encoders."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ablation", type=Path, default=Path("work_dirs/ablation/72e-480-480"),
                        help="runs of the ablation (%(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data/motion-ablation/480-480"),
                        help="videos of the ablation (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("work_dirs", out), metavar="DIR",
                        help="folder of this benchmark's runs (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


def fine_tune(args: argparse.Namespace, name: str, seed: int) -> float:
    """Top-1 accuracy in per cent after the last epoch."""
    work_dir = args.out / f"{name}-seed{seed}"
    videos = [option for loader, split in (("train", "train"), ("val", "test")) for option in (
        f"{loader}_dataloader.dataset.ann_file={args.data / split}.txt",
        f"{loader}_dataloader.dataset.data_prefix.video={args.data}")]
    Processes(args.out).mim(f"fine-tune {name} seed {seed}", "train", "mmaction2", CONFIG, "--work-dir", work_dir,
                            "--cfg-options", f"load_from={checkpoint(args, name, seed)}", f"randomness.seed={seed}",
                            *videos)
    return round(100 * [line["acc/top1"] for line in scalars(work_dir) if "acc/top1" in line][-1], 1)


def checkpoint(args: argparse.Namespace, name: str, seed: int) -> Path:
    """The ablation's last checkpoint of this seed, or one of an untrained encoder."""
    if name not in ROWS:
        return untrained_checkpoint(args.out, seed)
    return max((args.ablation / f"{ROWS[name]}-seed{seed}").glob("epoch_*.pth"), key=lambda path: path.stat().st_mtime)


if __name__ == "__main__":
    main()
