"""Where a number comes from: date, command, machine and versions."""
import os
import platform
import sys
from datetime import date
from importlib.metadata import version
from typing import Any

PACKAGES = ("vididi-transforms", "torch", "torchvision", "mmaction2", "mmengine", "numpy")


def provenance(program: str) -> dict[str, Any]:
    """The record that is stored with every published result.

    Args:
        program: what started the process, such as ``vididi``; the process's own arguments are appended.

    Returns:
        ``date``, ``command``, ``python``, ``machine`` and ``versions``, ready for JSON.
    """
    return {
        "date": date.today().isoformat(),
        "command": " ".join([program, *sys.argv[1:]]),
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} x {platform.machine()}",
        "versions": {name: version(name) for name in PACKAGES},
    }
