"""Set the BatchNorm statistics of a trained encoder to those of frames.

    vididi bn-statistics CONFIG work_dirs/RUN/epoch_400.pth --out work_dirs/RUN/frames.pth

CONFIG is that of the training. The encoder gets frames of its training videos, augmented as in training, and means and
variances over all of them replace its running statistics. Weights and everything else in the checkpoint stay as they
are. Trainings with BNStatisticsHook, as in mmaction_configs/pretrain/, do this at their end; this command is for
checkpoints of other trainings.
"""
import argparse
from pathlib import Path

from .saliency import ConfigOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi bn-statistics``."""
    parser.add_argument("config", metavar="CONFIG", help="config of the training")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="checkpoint of the training")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="checkpoint to write")
    parser.add_argument("--videos", type=int, default=16384, metavar="N",
                        help="number of training videos, all if there are fewer (default: %(default)s)")
    parser.add_argument("--device", help="as in PyTorch (default: cuda if there is one, else cpu)")
    parser.add_argument("--cfg-options", nargs="+", action=ConfigOptions, metavar="KEY=VALUE",
                        help="override config settings")


def run(args: argparse.Namespace) -> None:
    """Compute the statistics and write the checkpoint."""
    from ..mmaction2.evaluation.bn_statistics import run

    run(args)
