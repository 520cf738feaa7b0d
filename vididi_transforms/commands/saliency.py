"""Draw saliency tubes of encoders, and measure their attention on moving pixels.

    vididi saliency CONFIG CHECKPOINT [CONFIG2 CHECKPOINT2] --out work_dirs/RUN

Both encoders see the same clips, those of the first config's test dataset; of a ConcatDataset, its last part (in
retrieval, the queries). Writes saliency.png, saliency.mp4, and saliency.json with the share of attention on moving
pixels. If the checkpoint has a linear head, tubes are class-wise, for the class of each video. For any other encoder,
including the backbone of a detector, they are class-free.
"""
import argparse
from pathlib import Path
from typing import Any


class ConfigOptions(argparse.Action):
    """mmengine's ``DictAction``, imported when the option is used."""

    def __call__(self, *args: Any) -> None:
        """Store the settings as a dict."""
        from mmengine.config import DictAction

        DictAction(self.option_strings, self.dest, nargs=self.nargs)(*args)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi saliency``."""
    parser.add_argument("pairs", nargs="+", metavar="CONFIG CHECKPOINT", help="one encoder or two")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--names", nargs="+", help="names of the encoders (default: the folders of the checkpoints)")
    parser.add_argument("--videos", type=int, help="number of videos to measure, evenly spaced (default: all)")
    parser.add_argument("--show", type=int, default=4, help="number of videos in the pictures (default: %(default)s)")
    parser.add_argument("--motion-seed", type=int, default=0,
                        help="seed that motion videos were written with (default: %(default)s)")
    parser.add_argument("--threshold", type=float, default=0.1, help="in other videos a pixel moves if its first "
                        "derivative exceeds this share of the range of pixels (default: %(default)s)")
    parser.add_argument("--device", help="as in PyTorch (default: cuda if there is one, else cpu)")
    parser.add_argument("--cfg-options", nargs="+", action=ConfigOptions, metavar="KEY=VALUE",
                        help="override settings of both configs")


def run(args: argparse.Namespace) -> None:
    """Measure, draw and write."""
    from ..mmaction2.evaluation.saliency import run

    run(args)
