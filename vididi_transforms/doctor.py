"""Report versions, the GPU, active repairs of OpenMMLab, and missing packages.

    vididi doctor

Exit code 1: MMAction2 cannot be used.
"""
import argparse
import importlib
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

PACKAGES = ("vididi-transforms", "torch", "torchvision", "numpy", "mmengine", "mmcv", "mmcv-lite", "mmaction2", "mmdet",
            "openmim", "decord", "av", "timm", "pytorchvideo", "opencv-contrib-python", "matplotlib", "scikit-learn",
            "tensorboard", "transformers", "mmpretrain")
NEEDS = {
    "torchvision": "augmentation, detection operators",
    "av": "reading videos, motion videos, vididi verify",
    "decord": "MMAction2's DecordInit and DecordDecode (optional)",
    "timm": "the LARS optimiser",
    "mmdet": "action detection",
    "mim": "mim train, mim test",
    "sklearn": "silhouette scores and t-SNE (optional)",
    "tensorboard": "TensorboardVisBackend, the embedding projector (optional)",
    "pytorchvideo": "PytorchVideoWrapper and PyTorchVideo's datasets (optional)",
}


def installed(package: str) -> str:
    """The version of a package, or ``-`` if it is not installed.

    Example:
        >>> installed("no-such-package")
        '-'
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def gpu() -> str:
    """Name and memory of the GPU that training uses, or why there is none."""
    import torch

    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        return f"{found.name}, {found.total_memory / 2**30:.0f} GiB, {torch.cuda.device_count()} in all"
    built = f"for CUDA {torch.version.cuda}: no NVIDIA GPU or no driver for it was found" if torch.version.cuda else (
        "without CUDA")
    return f"none; this PyTorch is built {built}"


def repairs() -> list[str]:
    """One line per repair: whether it is active, and why."""
    from .mmaction2.compat import new_transformers
    from .mmaction2.compat import repairs as compat

    lines = []
    for repair in compat.REPAIRS:
        try:
            spec = find_spec(repair.module)
        except ModuleNotFoundError:  # the package around it is not installed
            lines.append(f"  not needed  {repair.module}")
            continue
        active = spec is not None and isinstance(spec.loader, compat.FallbackFinder)
        lines.append(f"  active      {repair.module}: {repair.reason} ({repair.upstream})" if active else
                     f"  not needed  {repair.module}: the real module is there")
    for _, release, bound in new_transformers.TOO_NEW:
        lines.append(f"  active      language models of {release}: skipped, they need transformers < {bound}"
                     if new_transformers.is_broken(release, bound) else
                     f"  not needed  language models of {release}: {release} or a new transformers is not installed")
    return lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``vididi doctor`` has no options."""


def run(args: argparse.Namespace) -> int:
    """Print the report; exit code 1 if MMAction2 cannot be used."""
    print(f"Python {platform.python_version()} on {platform.platform()}")
    print("\n".join(f"  {package} {installed(package)}" for package in PACKAGES))
    print(f"GPU\n  {gpu()}")
    try:
        importlib.import_module("vididi_transforms.mmaction2")
        print("Repairs\n" + "\n".join(repairs()))
    except (ImportError, AssertionError) as error:  # mmaction2 asserts the versions that it knows
        print(f"MMAction2 cannot be used: {type(error).__name__}: {error}\n"
              "Next: pip install 'vididi-transforms[mmaction2]'")
        return 1
    missing = [f"  {package}: {use}" for package, use in NEEDS.items() if find_spec(package) is None]
    print("Missing\n" + ("\n".join(missing) or "  nothing") + "\nNext: vididi demo")
    return 0
