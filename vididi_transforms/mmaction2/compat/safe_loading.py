"""A checkpoint is data: under all of mmengine's schemes, loading it runs no code and deletes nothing.

torch's safe loader reads the file, whatever the scheme and the environment say. What mmengine itself would do with the
plain values in it is prevented after that, see :func:`plain_checkpoint`.
"""
import logging
import os
import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader
from torch.torch_version import TorchVersion

from .safe_unpickling import STAND_INS

SAFE, UNSAFE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"  # torch's own variables


@contextmanager
def safe_loader(source: object) -> Iterator[None]:
    """Inside, every ``torch.load`` is safe, also one that is told not to be.

    Args:
        source: what is loaded, for the error.

    Raises:
        ValueError: the file asks for more than tensors and plain values.
    """
    before = {name: os.environ.pop(name, None) for name in (SAFE, UNSAFE)}
    os.environ[SAFE] = "1"
    try:
        yield
    except (pickle.UnpicklingError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "weights_only=True" not in str(error):  # not the safe loader's
            raise
        raise ValueError(f"a checkpoint may hold tensors and plain values only, and no code of it is run: {source} was "
                         f"refused by torch's safe loader, {_reason(error)}; its maker can write one that loads: "
                         "torch.save(dict(state_dict=model.state_dict()), FILE)") from error
    finally:
        del os.environ[SAFE]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _reason(error: Exception) -> str:
    text = str(error).split("\n\nCheck the documentation")[0].strip()
    asked = re.search(r"GLOBAL (\S+)", text)
    return f"as it asks for {asked[1]}" if asked else text.splitlines()[-1].split("WeightsUnpickler error: ")[-1]


def plain_checkpoint(checkpoint: Any, source: str) -> Any:
    """The same checkpoint without what a resume would run or delete; each in one line of the log.

    - ``meta['config']``: mmengine runs this text as Python (files of MMCV 1 have it, those of mmengine do not).
    - ``best_ckpt*``: mmengine deletes this file or folder when training has got better. It stays where it is the best
      checkpoint beside the one that is loaded.
    - ``keep_ckpt_ids``: parts of names of files to delete. They stay if they are numbers.
    """
    meta, info = _part(checkpoint, "meta"), _part(_part(checkpoint, "message_hub"), "runtime_info")
    if "config" in meta:
        _leave_out(meta, "config", source, "a resume would run it as Python")
    for key in [key for key in info if str(key).startswith("best_ckpt") and not _is_best_beside(info[key], source)]:
        _leave_out(info, key, source, f"a resumed run would delete {info[key]!r}")
    if not _are_numbers(info.get("keep_ckpt_ids", [])):
        _leave_out(info, "keep_ckpt_ids", source, "a resumed run would delete other files than its own")
    return checkpoint


def _part(container: Any, key: str) -> dict[Any, Any]:
    part = container.get(key) if isinstance(container, dict) else None
    return part if isinstance(part, dict) else {}


def _leave_out(part: dict[Any, Any], key: str, source: str, reason: str) -> None:
    del part[key]
    print_log(f"{key!r} of the checkpoint {source} is left out: {reason}", "current", logging.WARNING)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(number, int) for number in value)


def _is_best_beside(path: Any, source: str) -> bool:
    if not isinstance(path, str) or not Path(path).name.startswith("best_"):
        return False
    return Path(path).parent.resolve() == Path(source).expanduser().parent.resolve()


def safely(loader: Callable[..., Any]) -> Callable[..., Any]:
    """A loader of one of mmengine's schemes under :func:`safe_loader`, for a :func:`plain_checkpoint`."""
    @wraps(loader)
    def load(filename: str, *args: Any, **kwargs: Any) -> Any:
        with safe_loader(filename):
            return plain_checkpoint(loader(filename, *args, **kwargs), filename)
    return load


def install() -> None:
    """Let torch's safe loader read what mmengine writes, and put every scheme of mmengine's under it.

    Source: open-mmlab/mmengine#1655.
    """
    torch.serialization.add_safe_globals([(stand_in, name) for name, stand_in in STAND_INS.items()])
    for prefix, loader in list(CheckpointLoader._schemes.items()):
        CheckpointLoader.register_scheme(prefix, safely(loader), force=True)
    _warn()


def _warn() -> None:
    if os.environ.get(UNSAFE, "0").lower() in ("1", "y", "yes", "true"):
        print_log(f"{UNSAFE} is set: torch.load runs the code in files, but for checkpoints that mmengine and "
                  "vididi_transforms load", "current", logging.WARNING)
    if TorchVersion(torch.__version__) < "2.10":
        print_log(f"the safe loader of torch {torch.__version__} has a known hole (CVE-2026-24747): load files of "
                  "people you trust only, or take torch >= 2.10", "current", logging.WARNING)
