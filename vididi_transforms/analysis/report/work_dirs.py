"""Reads a run's work dir: MMEngine's logs, the feature file and the saliency."""
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...evaluation.features import FILE, FeatureSet, read_features

Scalars = dict[str, float]
NOT_METRICS = {"step", "epoch", "iter", "time", "data_time", "memory", "features/videos"}


@dataclass(frozen=True)
class Retrieval:
    """Result of one retrieval protocol.

    Args:
        recalls: k to recall at k, in [0, 1].
        gallery: number of gallery videos.
        queries: number of query videos.
    """

    recalls: dict[int, float]
    gallery: int
    queries: int


@dataclass(frozen=True, eq=False)
class Run:
    """A run at any stage; what it does not have yet is empty.

    Args:
        name: name of the work dir.
        training: logged training steps, in order.
        validations: metrics of the validations during training, in order; ``step`` is the epoch, or the step.
        retrieval: prefix of the metric's keys to its result; the last test wins, then the last validation.
        metrics: every other metric by its key; the last test wins, then the last validation.
        features: features of the last test.
        attention: content of ``saliency.json``.
        saliency: the picture ``saliency.png``.
    """

    name: str
    training: list[Scalars]
    validations: list[Scalars]
    retrieval: dict[str, Retrieval]
    metrics: Scalars
    features: FeatureSet | None
    attention: dict[str, Any]
    saliency: bytes


def read_run(folder: str | Path) -> Run:
    """Read a work dir.

    If a step was logged several times, as in resumed runs, the last one counts.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If it holds no file of a run, or a broken one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"a work dir must be a folder: {folder} is not one")
    lines = [line for path in sorted(folder.glob("*/vis_data/scalars.json")) for line in _whole_lines(path)]
    training, validations = ({line["step"]: line for line in lines if ("loss" in line) is is_training}
                             for is_training in (True, False))
    retrieval, metrics = _last_results([line for line in lines if "loss" not in line] + _tests(folder))
    saliency, picture = folder / "saliency.json", folder / "saliency.png"
    run = Run(name=folder.resolve().name,
              training=[training[step] for step in sorted(training)],
              validations=[validations[step] for step in sorted(validations)],
              retrieval=retrieval,
              metrics=metrics,
              features=read_features(folder) if (folder / FILE).exists() else None,
              attention=_attention(saliency) if saliency.exists() else {},
              saliency=picture.read_bytes() if picture.exists() else b"")
    if not (run.training or run.retrieval or run.metrics or run.features or run.attention):
        raise ValueError(f"a work dir needs logs of mim train or mim test, {FILE} or saliency.json: {folder} has none")
    return run


def split_metrics(evaluation: Mapping[str, Any]) -> tuple[dict[str, Retrieval], Scalars]:
    """Retrieval results by prefix and other metrics by key, of one test.

    A retrieval result is recognised by its keys: ``PREFIX/topK`` together with ``PREFIX/gallery`` and
    ``PREFIX/queries``.

    Example:
        >>> split_metrics({"mine/top20": 0.5, "mine/gallery": 9.0, "mine/queries": 4.0, "acc/top1": 0.25})
        ({'mine': Retrieval(recalls={20: 0.5}, gallery=9, queries=4)}, {'acc/top1': 0.25})
    """
    numbers = {key: value for key, value in evaluation.items()
               if isinstance(value, (int, float)) and key not in NOT_METRICS}
    retrieval = {}
    for prefix in [key.removesuffix("/queries") for key in numbers if key.endswith("/queries")]:
        recalls = {key: int(found[1]) for key in numbers
                   if (found := re.fullmatch(rf"{re.escape(prefix)}/top(\d+)", key))}
        if recalls and f"{prefix}/gallery" in numbers:
            retrieval[prefix] = Retrieval({k: numbers.pop(key) for key, k in recalls.items()},
                                          int(numbers.pop(f"{prefix}/gallery")), int(numbers.pop(f"{prefix}/queries")))
    return retrieval, numbers


def _last_results(evaluations: list[dict[str, Any]]) -> tuple[dict[str, Retrieval], Scalars]:
    retrieval: dict[str, Retrieval] = {}
    metrics: Scalars = {}
    for evaluation in evaluations:
        new_retrieval, new_metrics = split_metrics(evaluation)
        retrieval |= new_retrieval
        metrics |= new_metrics
    return retrieval, metrics


def _tests(folder: Path) -> list[dict[str, Any]]:
    """Results of ``mim test``, which writes ``TIME/TIME.json``."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*.json"))
            if path.stem == path.parent.name]


def _attention(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "mean" not in content.get("attention_on_motion", {}):
        raise ValueError(f"saliency.json needs the mean of attention_on_motion: {path} has {', '.join(content)}")
    return content


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines that end: a run that was killed may have left part of one."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
