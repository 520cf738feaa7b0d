"""Feature files, as ``DumpFeatures`` writes them during ``mim test``.

They hold one feature for each video of a dataset.
"""
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from zipfile import BadZipFile

import numpy as np

FILE = "features.npz"
KEYS = ("features", "labels", "splits", "videos")
SPLITS = {"query": "test", "gallery": "train"}  # name in the file: name in the paper


@dataclass(frozen=True, eq=False)  # arrays have no single truth value
class FeatureSet:
    """Features of N videos with D dimensions.

    Args:
        name: name of the run.
        features: ``[N, D]``, float32.
        labels: ``[N]``, integers.
        splits: ``[N]``, ``'gallery'`` (training videos) or ``'query'`` (test videos).
        videos: ``[N]``, names of the videos.
        classes: label to class name.
    """

    name: str
    features: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    videos: np.ndarray
    classes: dict[int, str]

    def part(self, split: str, labels: Sequence[int] | None = None) -> "FeatureSet":
        """The videos of a split; with ``labels``, only those of these classes."""
        kept = self.splits == split
        if labels is not None:
            kept &= np.isin(self.labels, labels)
        return replace(self, features=self.features[kept], labels=self.labels[kept], splits=self.splits[kept],
                       videos=self.videos[kept])


def read_features(path: str | Path) -> FeatureSet:
    """Read a feature file.

    Args:
        path: a feature file, or a work dir with ``features.npz``. The run is named after the work dir, or after the
            file if it has another name than ``features.npz``.

    Returns:
        The features. If the file has no class names, see :func:`class_names`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a feature file, lacks one of the splits, or has features that are not finite, or
            labels without a class.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"no feature file at {path}: add DumpFeatures to test_evaluator and run mim test")
    content = _load(path)
    _check(path, content)
    name = path.resolve().parent.name if path.name == FILE else path.stem
    labels, videos = content["labels"], content["videos"]
    given = content["classes"].tolist() if "classes" in content else None
    return FeatureSet(name, content["features"], labels, content["splits"], videos,
                      class_names(labels.tolist(), videos.tolist(), given))


def class_names(labels: Sequence[int], videos: Sequence[str], classes: Sequence[str] | None = None) -> dict[int, str]:
    """Label to class name.

    Without ``classes``, a class is named after its folder, provided that every class has one folder of its own, as in
    UCF101 and HMDB51. Otherwise the names are ``class 0``, ``class 1``, ...

    Example:
        >>> class_names([0, 1, 1], ["jump/a.avi", "run/b.avi", "run/c.avi"])
        {0: 'jump', 1: 'run'}
        >>> class_names([0, 1], ["a.avi", "b.avi"])
        {0: 'class 0', 1: 'class 1'}
    """
    found = sorted(set(labels))
    if classes is not None:
        return {label: str(classes[label]) for label in found}
    pairs = sorted({(label, PurePath(video).parent.name) for label, video in zip(labels, videos, strict=True)})
    folders = {folder for _, folder in pairs} - {""}
    if len(pairs) == len(found) == len(folders):
        return dict(pairs)
    return {label: f"class {label}" for label in found}


def read_runs(paths: Sequence[str | Path]) -> list[FeatureSet]:
    """Read several feature files.

    Runs with the same name are named after their paths instead.

    Raises:
        FileNotFoundError, ValueError: As :func:`read_features`; also if the runs have different classes, or if a file
            is given twice.
    """
    runs = [read_features(path) for path in paths]
    counts = Counter(run.name for run in runs)
    runs = [run if counts[run.name] == 1 else replace(run, name=str(path))
            for path, run in zip(paths, runs, strict=True)]
    if len({run.name for run in runs}) < len(runs):
        raise ValueError(f"runs must be different: got {', '.join(map(str, paths))}")
    for run in runs:
        if run.classes != runs[0].classes:
            raise ValueError(f"runs that are compared need the same classes: {runs[0].name} has "
                             f"{', '.join(runs[0].classes.values())}, {run.name} {', '.join(run.classes.values())}")
    return runs


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (ValueError, BadZipFile, EOFError, TypeError) as error:
        raise ValueError(f"a feature file must be a .npz that DumpFeatures wrote: {path} is not one") from error


def _check(path: Path, content: dict[str, np.ndarray]) -> None:
    missing = [key for key in KEYS if key not in content]
    if missing:
        raise ValueError(f"a feature file needs {', '.join(KEYS)}: {path} has no {', '.join(missing)}")
    features, labels, splits = content["features"], content["labels"], content["splits"]
    if features.ndim != 2 or any(content[key].shape != features.shape[:1] for key in KEYS[1:]):
        shapes = ", ".join(f"{key} {content[key].shape}" for key in KEYS)
        raise ValueError(f"a feature file needs features [N, D] and N labels, splits and videos: {path} has {shapes}")
    if set(splits.tolist()) != set(SPLITS):
        raise ValueError(f"a feature file needs gallery and query videos: {path} has {sorted(set(splits.tolist()))}")
    if broken := int((~np.isfinite(features)).any(axis=1).sum()):
        raise ValueError(f"features must be finite: {path} has NaN or infinity in {broken} of {len(features)} videos")
    classes = len(content["classes"]) if "classes" in content else np.inf
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be class indices in [0, {classes}): {path} has {labels.min()} to "
                         f"{labels.max()}")
