"""The official split files of UCF101 and HMDB51: clips and their labels."""
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Clip(NamedTuple):
    """A video of a split.

    Args:
        names: where it may lie in the folder of videos; the first is its name in reports.
        label: from 0.
    """

    names: tuple[str, ...]
    label: int


Clips = dict[str, Clip]  # by the first name, in the order of the split file


def ucf101(annotations: Path, split: int) -> dict[str, Clips]:
    """``classInd.txt`` (``1 ApplyEyeMakeup``), ``trainlist01.txt`` (with label), ``testlist01.txt`` (without).

    Args:
        annotations: the folder of these files.
        split: 1, 2 or 3.

    Returns:
        ``train`` and ``val`` (the official test list, as MMAction2 calls it).

    Raises:
        ValueError: a line is not as told above, a class is not in ``classInd.txt``, or its label is another there.
    """
    labels = _ucf101_labels(annotations / "classInd.txt")
    clips: dict[str, Clips] = {}
    for subset, name in (("train", f"trainlist{split:02d}.txt"), ("val", f"testlist{split:02d}.txt")):
        clips[subset] = {}
        for line in read_lines(annotations / name):
            entry, label = _ucf101_line(line, labels, name)
            add(clips[subset], Clip((entry,), label))
    return disjoint(clips)


def _ucf101_labels(path: Path) -> dict[str, int]:
    labels = {}
    for line in read_lines(path):
        number, _, name = line.partition(" ")
        if not number.isdecimal() or int(number) < 1 or not name:
            raise ValueError(f"{path.name} needs lines like '1 ApplyEyeMakeup': got {line!r}")
        labels[name.strip().casefold()] = int(number) - 1
    return labels


def _ucf101_line(line: str, labels: dict[str, int], name: str) -> tuple[str, int]:
    entry, _, number = line.rpartition(" ")
    if not entry or not number.isdecimal():
        entry, number = line, ""  # a test list has no labels
    label = labels.get(entry.partition("/")[0].casefold())
    if label is None:
        raise ValueError(f"{name} needs lines that begin with a class of classInd.txt and '/': got {line!r}")
    if number and int(number) != label + 1:
        raise ValueError(f"{name} and classInd.txt must agree on labels: got {line!r} and {label + 1}")
    return entry.strip(), label


def hmdb51(annotations: Path, split: int) -> dict[str, Clips]:
    """``<class>_test_split1.txt``: ``name.avi 1`` is for training, 2 for testing, 0 not used in this split.

    Labels are the classes in alphabetical order.

    Args:
        annotations: the folder of these files.
        split: 1, 2 or 3.

    Returns:
        ``train`` and ``val`` (the official test videos, as MMAction2 calls them).

    Raises:
        ValueError: there is no such file, or a line is not as told above.
    """
    ending = f"_test_split{split}.txt"
    classes = sorted(path.name[:-len(ending)] for path in annotations.glob(f"*{ending}"))
    if not classes:
        raise ValueError(f"HMDB51 needs files <class>{ending}: got none in {annotations}")
    clips: dict[str, Clips] = {"train": {}, "val": {}}
    for label, name in enumerate(classes):
        for line in read_lines(annotations / f"{name}{ending}"):
            video, _, use = line.rpartition(" ")
            if not video or use not in ("0", "1", "2"):
                raise ValueError(f"{name}{ending} needs lines like 'name.avi 1', with 0, 1 or 2: got {line!r}")
            if use != "0":
                add(clips["train" if use == "1" else "val"], Clip((f"{name}/{video.strip()}",), label))
    return disjoint(clips)


def read_lines(path: Path) -> list[str]:
    """The lines that are not empty, without line ends, outer spaces and byte-order mark.

    Raises:
        ValueError: there is no such file, or it is not UTF-8.
    """
    if not path.is_file():
        raise ValueError(f"an official file is needed: {path} is not there")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"official files must be UTF-8: {path} is not ({error.reason})") from error
    return [line.strip() for line in text.split("\n") if line.strip()]


def read_rows(path: Path) -> list[list[str]]:
    """The rows of a csv file that are not empty.

    Raises:
        ValueError: see :func:`read_lines`; or it is no csv file.
    """
    try:
        return list(csv.reader(read_lines(path)))
    except csv.Error as error:
        raise ValueError(f"{path.name} must be a csv file: {error}") from error


def add(clips: Clips, clip: Clip) -> None:
    """Add a clip; one that is listed twice stays one.

    Raises:
        ValueError: it is listed with another label.
    """
    known = clips.setdefault(clip.names[0], clip)
    if known.label != clip.label:
        raise ValueError(f"a video must have one label: got {known.label} and {clip.label} for {clip.names[0]!r}")


def disjoint(clips: dict[str, Clips]) -> dict[str, Clips]:
    """The same clips.

    Raises:
        ValueError: a video is in both ``train`` and ``val``.
    """
    both: Iterable[str] = clips["train"].keys() & clips.get("val", {}).keys()
    for entry in sorted(both):
        raise ValueError(f"train and val must share no video: got {entry!r} in both")
    return clips
