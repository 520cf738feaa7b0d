"""Encode the test videos of a config with a checkpoint, by MMAction2's own test tool.

    vididi features mmaction_configs/retrieval/r3d18_16x4x10-paper_ucf101-rgb.py CHECKPOINT --work-dir work_dirs/RUN

Writes work_dirs/RUN/features.npz, one feature per video, if the config has DumpFeatures in its test_evaluator, as those
in mmaction_configs/retrieval/ and demo/ do. The command line that is run is printed.
"""
import argparse
import shlex
import subprocess
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi features``."""
    parser.add_argument("config", metavar="CONFIG", help="a config with a test_dataloader")
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="file that training wrote")
    parser.add_argument("--work-dir", type=Path, required=True, metavar="DIR", help="folder of features.npz and logs")
    parser.add_argument("--launcher", default="none", choices=("none", "pytorch", "slurm"),
                        help="as in mim test (default: %(default)s)")
    parser.add_argument("--gpus", type=int, metavar="N", help="as in mim test; 0 is the CPU (default: one GPU if any)")
    parser.add_argument("--cfg-options", nargs="+", default=[], metavar="KEY=VALUE", help="override config settings")


def run(args: argparse.Namespace) -> int:
    """Run the test tool; its exit code."""
    command = test_command(args)
    print(shlex.join(["mim", *command]), flush=True)
    code = subprocess.run([sys.executable, "-m", "mim", *command], check=False).returncode
    if code == 0 and (args.work_dir / "features.npz").exists():
        print(f"Next: vididi retrieval-page {args.work_dir}, vididi cluster {args.work_dir}")
    return code


def test_command(args: argparse.Namespace) -> list[str]:
    """The arguments of ``mim``.

    Example:
        >>> test_command(argparse.Namespace(config="c.py", checkpoint="c.pth", work_dir="out", launcher="none", gpus=0,
        ...                                 cfg_options=[]))
        ['test', 'mmaction2', 'c.py', '--checkpoint', 'c.pth', '--work-dir', 'out', '--launcher', 'none', '--gpus', '0']
    """
    import torch

    gpus = int(torch.cuda.is_available()) if args.gpus is None else args.gpus
    options = ["--cfg-options", *args.cfg_options] if args.cfg_options else []
    return ["test", "mmaction2", args.config, "--checkpoint", args.checkpoint, "--work-dir", str(args.work_dir),
            "--launcher", args.launcher, "--gpus", str(gpus), *options]
