"""Two epochs of fine-tuning from the demo's encoders: does what was learned without labels help with few?

    make demo && python benchmarks/fine_tuning.py

Trains and tests with the stock tool; the data are the demo's videos. Writes benchmarks/results/fine_tuning.{json,md}.
"""
import argparse
import json
from pathlib import Path

from common import RESULTS, provenance, rows

from vididi_transforms.mmaction2 import demo
from vididi_transforms.motion_videos import MOTIONS

CONFIG = Path(__file__).parents[1] / "mmaction_configs/demo/r3d-tiny_1xb16-16x2x1-2e_motion-rgb.py"
CHECKPOINTS = {"untrained": "untrained.pth", **{method: f"{method}/epoch_24.pth" for method in demo.METHODS}}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, default=Path("work_dirs/demo"), help="folder of the demo (%(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    accuracy = {name: [fine_tune(args.demo, name, seed) for seed in args.seeds] for name in CHECKPOINTS}
    lines = [("chance", round(100 / len(MOTIONS), 1), "")] + [
        (name, round(sum(values) / len(values), 1), ", ".join(map(str, values))) for name, values in accuracy.items()]
    table = rows(("two epochs of fine-tuning from", "top-1 accuracy in %", "each seed"), lines)
    result = {"accuracy": accuracy, "chance": 100 / len(MOTIONS), "test videos": demo.TEST, "epochs": 2,
              "seeds": args.seeds, "run": provenance("python benchmarks/fine_tuning.py")}
    (RESULTS / "fine_tuning.json").write_text(json.dumps(result, indent=2) + "\n")
    (RESULTS / "fine_tuning.md").write_text(table)
    print(table)


def fine_tune(folder: Path, name: str, seed: int) -> float:
    """Top-1 accuracy in per cent after the last epoch."""
    work_dir = folder / f"fine-tuning-{name}-seed{seed}"
    demo.run(f"fine-tune {name} seed {seed}", folder, "train", "mmaction2", CONFIG, "--work-dir", work_dir,
             "--cfg-options", f"load_from={(folder / CHECKPOINTS[name]).resolve()}", f"randomness.seed={seed}")
    newest = max(work_dir.glob("*/vis_data/scalars.json"), key=lambda path: path.stat().st_mtime)
    scores = [json.loads(line)["acc/top1"] for line in newest.read_text().splitlines() if "acc/top1" in line]
    return round(100 * scores[-1], 1)


if __name__ == "__main__":
    main()
