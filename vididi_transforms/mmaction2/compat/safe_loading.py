"""Makes loading a checkpoint run no code and delete no files, from any source.

torch's safe loader reads every file, whatever the caller or the environment asks for. Then :func:`plain_checkpoint`
drops the plain values that mmengine itself would run as code or use to delete files.
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

# Environment variables of torch.
SAFE, UNSAFE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


@contextmanager
def safe_loader(source: object) -> Iterator[None]:
    """Context in which ``torch.load`` always has ``weights_only=True``.

    Args:
        source: name of the file, for the error message.

    Raises:
        ValueError: If the file holds more than tensors and plain values.
    """
    before = {name: os.environ.pop(name, None) for name in (SAFE, UNSAFE)}
    os.environ[SAFE] = "1"
    try:
        yield
    except (pickle.UnpicklingError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "weights_only=True" not in str(error):  # not from the safe loader
            raise
        raise ValueError("a checkpoint may hold only tensors and plain values, and its code is never run: torch's "
                         f"safe loader refused {source}, {_reason(error)}; ask its author for a file written with "
                         "torch.save(dict(state_dict=model.state_dict()), FILE)") from error
    finally:
        del os.environ[SAFE]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _reason(error: Exception) -> str:
    text = str(error).split("\n\nCheck the documentation")[0].strip()
    name = re.search(r"GLOBAL (\S+)", text)
    return f"as it asks for {name[1]}" if name else text.splitlines()[-1].split("WeightsUnpickler error: ")[-1]


def plain_checkpoint(checkpoint: Any, source: str) -> Any:
    """Drop the values with which a resume would run code or delete files, and warn.

    | value | what mmengine does with it | kept if |
    |---|---|---|
    | ``meta['config']`` | runs this text as Python (only MMCV 1 wrote it) | never |
    | ``best_ckpt*`` | deletes this file or folder | it is named ``best_*``, next to the loaded file |
    | ``keep_ckpt_ids`` | deletes files whose names contain one of these | they are numbers |
    """
    meta, info = _subdict(checkpoint, "meta"), _subdict(_subdict(checkpoint, "message_hub"), "runtime_info")
    if "config" in meta:
        _drop(meta, "config", source, "a resume would run it as Python")
    for key in [key for key in info if str(key).startswith("best_ckpt") and not _is_best_of_run(info[key], source)]:
        _drop(info, key, source, f"a resumed run would delete {info[key]!r}")
    if not _are_numbers(info.get("keep_ckpt_ids", [])):
        _drop(info, "keep_ckpt_ids", source, "a resumed run would delete other files than its own")
    return checkpoint


def _subdict(container: Any, key: str) -> dict[Any, Any]:
    content = container.get(key) if isinstance(container, dict) else None
    return content if isinstance(content, dict) else {}


def _drop(content: dict[Any, Any], key: str, source: str, reason: str) -> None:
    del content[key]
    print_log(f"dropped {key!r} from the checkpoint {source}: {reason}", "current", logging.WARNING)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(number, int) for number in value)


def _is_best_of_run(path: Any, source: str) -> bool:
    if not isinstance(path, str) or not Path(path).name.startswith("best_"):
        return False
    return Path(path).parent.resolve() == Path(source).expanduser().parent.resolve()


def safely(loader: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a loader of mmengine in :func:`safe_loader` and :func:`plain_checkpoint`."""
    @wraps(loader)
    def load(filename: str, *args: Any, **kwargs: Any) -> Any:
        with safe_loader(filename):
            return plain_checkpoint(loader(filename, *args, **kwargs), filename)
    return load


def install() -> None:
    """Register the stand-ins with torch's safe loader, and wrap mmengine's loaders.

    Those are the loaders for files, URLs and model zoos.

    Source: open-mmlab/mmengine#1655.
    """
    torch.serialization.add_safe_globals([(stand_in, name) for name, stand_in in STAND_INS.items()])
    for prefix, loader in list(CheckpointLoader._schemes.items()):
        CheckpointLoader.register_scheme(prefix, safely(loader), force=True)
    _warn()


def _warn() -> None:
    if os.environ.get(UNSAFE, "0").lower() in ("1", "y", "yes", "true"):
        print_log(f"{UNSAFE} is set: torch.load runs the code in files, except for checkpoints that mmengine "
                  "and vididi_transforms load", "current", logging.WARNING)
    if TorchVersion(torch.__version__) < "2.10":
        print_log(f"the safe loader of torch {torch.__version__} is vulnerable (CVE-2026-24747): load only files "
                  "from people you trust, or install torch >= 2.10", "current", logging.WARNING)
