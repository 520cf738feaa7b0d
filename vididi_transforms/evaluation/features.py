"""Feature files: what an encoder made of each video of a data set, as ``DumpFeatures`` writes it in testing."""
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from zipfile import BadZipFile

import numpy as np

FILE = "features.npz"
KEYS = ("features", "labels", "splits", "videos")
SPLITS = {"query": "test", "gallery": "train"}  # of the file, and as the paper calls them


@dataclass(frozen=True, eq=False)  # arrays have no single answer
class FeatureSet:
    """Features of N videos, of D dimensions.

    Args:
        name: of the run.
        features: ``[N, D]``, float32.
        labels: ``[N]``, integers.
        splits: ``[N]``, ``'gallery'`` (training videos) or ``'query'`` (test videos).
        videos: ``[N]``, names.
        classes: label to the name of the class.
    """

    name: str
    features: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    videos: np.ndarray
    classes: dict[int, str]

    def part(self, split: str, labels: Sequence[int] | None = None) -> "FeatureSet":
        """The videos of a split, and of these labels only."""
        kept = self.splits == split
        if labels is not None:
            kept &= np.isin(self.labels, labels)
        return FeatureSet(self.name, self.features[kept], self.labels[kept], self.splits[kept], self.videos[kept],
                          self.classes)


def read_features(path: str | Path) -> FeatureSet:
    """Read a feature file, or that of a work dir.

    Args:
        path: ``features.npz`` or a folder with that file; the folder's name, or that of another file, names the run.

    Returns:
        The features. Where the file does not name the classes, a folder that holds all videos of a class and no
        other video does, as in UCF101 and HMDB51; else they are called ``class 0``, ``class 1``, ...

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no feature file, or holds broken features, a split or class that is not known, or only one
            of the splits.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"there must be a feature file, as mim test writes it with DumpFeatures among the "
                                f"test_evaluator: {path} is none")
    content = _load(path)
    _check(path, content)
    name = path.resolve().parent.name if path.name == FILE else path.stem
    labels, videos = content["labels"], content["videos"]
    given = content["classes"].tolist() if "classes" in content else None
    return FeatureSet(name, content["features"], labels, content["splits"], videos,
                      class_names(labels.tolist(), videos.tolist(), given))


def class_names(labels: Sequence[int], videos: Sequence[str], classes: Sequence[str] | None = None) -> dict[int, str]:
    """Label to the name of its class: the given name, else that of its folder, else its number.

    Example:
        >>> class_names([0, 1, 1], ["jump/a.avi", "run/b.avi", "run/c.avi"])
        {0: 'jump', 1: 'run'}
        >>> class_names([0, 1], ["a.avi", "b.avi"])
        {0: 'class 0', 1: 'class 1'}
    """
    if classes is not None:
        return {label: str(classes[label]) for label in sorted(set(labels))}
    pairs = sorted({(label, PurePath(video).parent.name) for label, video in zip(labels, videos, strict=True)})
    one_each = len(pairs) == len(dict(pairs)) == len({folder for _, folder in pairs if folder})
    return dict(pairs) if one_each else {label: f"class {label}" for label, _ in pairs}


def read_runs(paths: Sequence[str | Path]) -> list[FeatureSet]:
    """Read feature files; runs of the same name are called by their paths.

    Raises:
        FileNotFoundError, ValueError: as :func:`read_features`; the runs have other classes, or one is given twice.
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
        raise ValueError(f"a feature file is a .npz as DumpFeatures writes it: {path} is none") from error


def _check(path: Path, content: dict[str, np.ndarray]) -> None:
    missing = [key for key in KEYS if key not in content]
    if missing:
        raise ValueError(f"a feature file has {', '.join(KEYS)}: {path} has no {', '.join(missing)}")
    features, labels, splits = content["features"], content["labels"], content["splits"]
    if features.ndim != 2 or any(content[key].shape != features.shape[:1] for key in KEYS[1:]):
        shapes = ", ".join(f"{key} {content[key].shape}" for key in KEYS)
        raise ValueError(f"a feature file has features [N, D] and N of all else: {path} has {shapes}")
    if set(splits.tolist()) != set(SPLITS):
        raise ValueError(f"a feature file has videos of gallery and query: {path} has {sorted(set(splits.tolist()))}")
    if broken := int((~np.isfinite(features)).any(axis=1).sum()):
        raise ValueError(f"features must be finite: {path} has NaN or infinity in {broken} of {len(features)} videos")
    classes = len(content["classes"]) if "classes" in content else np.inf
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be in [0, {classes}), the number of classes: {path} has {labels.min()} to "
                         f"{labels.max()}")
