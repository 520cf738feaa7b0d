"""Finds what became non-finite first in a training step, and saves the step."""
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.structures import BaseDataElement
from torch import Tensor, nn

from .... import __version__
from ....data.files import write_checkpoint
from ..runner_utils import samples_of

STAGES = ("input", "weights", "features", "loss", "gradient")  # in data-flow order
NAMES = ("filename", "frame_dir", "video_id")  # of a video, in data samples
SHOWN = 5  # names in a message


@dataclass
class Step:
    """A training step: the batch of the data loader, and what the model makes of it."""

    batch: Any
    inputs: dict[str, Any] = field(default_factory=dict)  # arguments of the model's forward
    features: list[Any] = field(default_factory=list)  # outputs of the backbone, one for each call
    losses: dict[str, Any] = field(default_factory=dict)
    autocast: str | None = None  # dtype of the forward pass under AMP

    def minimised(self) -> list[Tensor]:
        """The losses whose sum mmengine minimises."""
        return [tensor for name, tensor in tensors_in(self.losses) if "loss" in name]


@dataclass
class Finding:
    """The earliest stage of a step that is not finite, on one rank."""

    stage: str
    where: list[str]  # names of the tensors
    videos: list[str]  # those whose own values are not finite, or all
    saved: str = ""  # path of the file, if this rank writes one

    def text(self) -> str:
        """Names of tensors and videos, and the file."""
        places = shortened(self.where) or "of a skipped optimizer step"
        videos = shortened(self.videos) or "unnamed (add 'filename' to the meta_keys of PackActionInputs)"
        return f"{places}; videos: {videos}; saved for a replay: {self.saved}"


def tensors_in(value: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """All tensors in nested dicts, lists and tuples, by a name such as ``inputs[0]``."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from tensors_in(child, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for number, child in enumerate(value):
            yield from tensors_in(child, f"{name}[{number}]")


def find_first(step: Step, model: nn.Module) -> Finding:
    """The earliest stage with a NaN or infinite value; ``'gradient'`` if none is left."""
    videos = video_names(step.batch)
    stages: Iterable[Iterable[tuple[str, Tensor]]] = (
        tensors_in(step.inputs), model.named_parameters(), tensors_in(step.features, "features"),
        ((name, loss) for name, loss in tensors_in(step.losses) if "loss" in name),
        ((name, weight.grad) for name, weight in model.named_parameters() if weight.grad is not None))
    for stage, tensors in zip(STAGES, stages, strict=True):
        bad = {name: tensor for name, tensor in tensors if not tensor.isfinite().all()}
        if bad:
            rows = _bad_rows(bad.values(), len(videos)) if stage in ("input", "features") else []
            return Finding(stage, list(bad), [videos[row] for row in rows] or videos)
    return Finding("gradient", [], videos)


def _bad_rows(tensors: Iterable[Tensor], number: int) -> list[int]:
    batches = [tensor for tensor in tensors if tensor.ndim > 0 and len(tensor) == number]
    return sorted({row for batch in batches for row in range(number) if not batch[row].isfinite().all()})


def video_names(batch: Any) -> list[str]:
    """Names of the videos of a batch; empty if the data samples have none."""
    names = [next((str(sample.get(key)) for key in NAMES if sample.get(key) is not None), "")
             for sample in samples_of(batch) if isinstance(sample, BaseDataElement)]
    return names if all(names) else []


def save_step(path: Path, step: Step, model: nn.Module, values: dict[str, Any]) -> str:
    """Write a step and the model's weights to a file that torch's safe loader reads.

    Args:
        path: the file, written atomically.
        step: the step.
        model: the model, without its distributed wrapper.
        values: further values, such as seed and step.

    Returns:
        The path, or why the file could not be written.
    """
    content = plain(dict(
        **values, all_videos=video_names(step.batch), autocast=step.autocast, batch=step.batch, losses=step.losses,
        inputs={name: value for name, value in step.inputs.items() if name != "data_samples"},
        versions=dict(torch=torch.__version__, vididi_transforms=__version__), state_dict=dict(model.state_dict())))
    try:
        write_checkpoint(path, content)
    except OSError as error:  # such as a full disk; the finding must still be reported
        return f"failed, {type(error).__name__}: {error}"
    return str(path)


def plain(value: Any) -> Any:
    """A copy on the CPU as tensors, dicts, lists and plain values.

    Other objects become their ``repr``.
    """
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, BaseDataElement):
        return plain(value.to_dict())
    if isinstance(value, dict):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(child) for child in value]
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        return torch.as_tensor(value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None if value is None else repr(value)


def shortened(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
