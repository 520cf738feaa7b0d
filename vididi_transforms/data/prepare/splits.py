"""The official split files of UCF101 and HMDB51: clips and their labels."""
import csv
from pathlib import Path
from typing import NamedTuple

from ..files import decode
from ..video_lists.video_list import split_lines


class Clip(NamedTuple):
    """A video of a split.

    Args:
        names: paths at which it may be found in the folder of videos; the first is its name in reports.
        label: class index, from 0.
    """

    names: tuple[str, ...]
    label: int


Clips = dict[str, Clip]  # by the first name, in the order of the split file


def ucf101(annotations: Path, split: int) -> dict[str, Clips]:
    """Read the files of UCF101.

    ``classInd.txt`` has lines like ``1 ApplyEyeMakeup``, ``trainlist01.txt`` has labels, ``testlist01.txt`` has none.

    Raises:
        ValueError: If a line does not have the format above, or a class is not in ``classInd.txt`` or has another
            label there.
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
    """Read the files of HMDB51, ``<class>_test_split1.txt``.

    ``name.avi 1`` is a training video, 2 a test video, 0 unused in this split.

    Labels follow the alphabetical order of the classes.

    Raises:
        ValueError: If there is no such file, or a line does not have the format above.
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
    """The non-empty lines of a file, stripped and without a byte-order mark.

    Raises:
        ValueError: If the file does not exist or is not text.
    """
    if not path.is_file():
        raise ValueError(f"an official file is missing: no file {path}")
    lines = split_lines(decode(path.read_bytes(), str(path)))
    return [line.strip() for line in lines if line.strip()]


def read_rows(path: Path) -> list[list[str]]:
    """The non-empty rows of a csv file.

    Raises:
        ValueError: If the file does not exist or is not text or csv.
    """
    try:
        return list(csv.reader(read_lines(path)))
    except csv.Error as error:
        raise ValueError(f"{path.name} must be a csv file: {error}") from error


def add(clips: Clips, clip: Clip) -> None:
    """Add a clip; a clip that is listed twice is added once.

    Raises:
        ValueError: If it is already listed with another label.
    """
    known = clips.setdefault(clip.names[0], clip)
    if known.label != clip.label:
        raise ValueError(f"a video must have one label: got {known.label} and {clip.label} for {clip.names[0]!r}")


def disjoint(clips: dict[str, Clips]) -> dict[str, Clips]:
    """Return the clips if ``train`` and ``val`` share no video.

    Raises:
        ValueError: If a video is in both.
    """
    both = sorted(clips["train"].keys() & clips.get("val", {}).keys())
    if both:
        raise ValueError(f"train and val must share no video: got {both[0]!r} in both")
    return clips
