"""Encode the test videos of a config with a checkpoint, by ``mim test``.

    vididi features mmaction_configs/retrieval/r3d18_16x4x10-paper_ucf101-rgb.py CHECKPOINT --work-dir work_dirs/RUN

Writes work_dirs/RUN/features.npz, one feature per video, if test_evaluator in the config has DumpFeatures. The configs
in mmaction_configs/retrieval/ and demo/ have it.
"""
import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi features``."""
    parser.add_argument("config", metavar="CONFIG", help="a config with a test_dataloader")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="checkpoint of a training")
    parser.add_argument("--work-dir", type=Path, required=True, metavar="DIR", help="folder for features.npz and logs")
    parser.add_argument("--launcher", default="none", choices=("none", "pytorch", "slurm"),
                        help="as in mim test (default: %(default)s)")
    parser.add_argument("--gpus", type=int, metavar="N", help="as in mim test; 0 is the CPU (default: one GPU if any)")
    parser.add_argument("--cfg-options", nargs="+", default=[], metavar="KEY=VALUE", help="override config settings")


def run(args: argparse.Namespace) -> int:
    """Run ``mim test`` and return its exit code."""
    from ..mmaction2.tools.features import run

    return run(args)
