"""Runs ``mim test`` for ``vididi features``."""
import argparse
import shlex
import subprocess
import sys


def run(args: argparse.Namespace) -> int:
    """Run ``mim test`` and return its exit code."""
    args.work_dir.mkdir(parents=True, exist_ok=True)  # an error of mim is many lines
    command = test_command(args)
    print(shlex.join(["mim", *command]), flush=True)
    code = subprocess.run([sys.executable, "-m", "mim", *command], check=False).returncode
    if code == 0 and (args.work_dir / "features.npz").exists():
        print(f"Next: vididi retrieval-page {args.work_dir}, vididi cluster {args.work_dir}")
    elif code == 0:
        print(f"No features.npz in {args.work_dir}: add DumpFeatures to test_evaluator\n"
              f"Next: vididi report {args.work_dir}")
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
