"""An annotation list: its entries, and what must hold across its lines."""
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..files import decode
from .grammar import is_header, parse_line

T = TypeVar("T")


class Entry(NamedTuple):
    """A video of a list.

    Args:
        path: the path, in the spelling of the file if there is one.
        labels: class indices, from 0; empty if there is none.
        number: number of the line, from 1.
        line: the line.
    """

    path: str
    labels: tuple[int, ...]
    number: int
    line: str


@dataclass(frozen=True)
class VideoList:
    """The videos of a list.

    Args:
        name: path of the list.
        root: folder of the videos.
        entries: an entry per line with a video, in the order of the list.
        blank: number of blank lines.
    """

    name: str
    root: str
    entries: tuple[Entry, ...]
    blank: int

    @cached_property
    def labels(self) -> set[int]:
        """All labels; empty if no line has one."""
        return {label for entry in self.entries for label in entry.labels}

    def key(self, entry: Entry) -> str:
        """The same text for all spellings of a path, relative or absolute."""
        return os.path.normpath(os.path.join(self.root, entry.path))

    def summary(self) -> str:
        """One line with the numbers of videos, classes, duplicates, blank lines and videos without a label."""
        duplicates = len(self.entries) - len({self.key(entry) for entry in self.entries})
        unlabelled = sum(not entry.labels for entry in self.entries)
        return (f"videos of {self.name}: {len(self.entries)}, classes: {len(self.labels)}, duplicates: {duplicates}, "
                f"blank lines: {self.blank}, without label: {unlabelled}")

    def error(self, rule: str, entry: Entry) -> ValueError:
        """An error that names the line of an entry."""
        return line_error(rule, self.name, entry.number, entry.line)


def line_error(rule: str, name: str, number: int, line: str) -> ValueError:
    """An error that names a line of a list.

    Example:
        >>> line_error("a line must begin with a path", "train.txt", 3, ",1")
        ValueError("a line must begin with a path: got line 3 of train.txt, ',1'")
    """
    shown = line if len(line) <= 200 else f"{line[:200]}..."
    return ValueError(f"{rule}: got line {number} of {name}, {shown!r}")


def read_video_list(path: Path, root: Path = Path(), delimiter: str | None = None,
                    multi_label: bool | None = None) -> VideoList:
    """Read an annotation list; see :func:`parse_video_list`."""
    return parse_video_list(path.read_bytes(), str(path), str(root), delimiter, multi_label)


def parse_video_list(content: bytes, name: str, root: str = "", delimiter: str | None = None,
                     multi_label: bool | None = None) -> VideoList:
    r"""The videos of an annotation list.

    Args:
        content: bytes of the list.
        name: path of the list, for messages.
        root: folder of the videos.
        delimiter: see :func:`parse_line`.
        multi_label: whether a video may have any number of labels. False: either every video has one, or none has.
            None: True if a line has several labels.

    Raises:
        ValueError: If the list is not text, has no video, or a line breaks a rule; the message says which line and
            which rule.

    Example:
        >>> parse_video_list(b"path,label\na b.mp4,3\n", "train.csv").entries
        (Entry(path='a b.mp4', labels=(3,), number=2, line='a b.mp4,3'),)
    """
    lines = [(number, line) for number, line in enumerate(split_lines(decode(content, name)), 1)]
    filled = [(number, line) for number, line in lines if line.strip()]
    start = int(bool(filled) and _checked(is_header, name, *filled[0], delimiter))
    entries = []
    for number, line in filled[start:]:
        path, labels = _checked(parse_line, name, number, line, delimiter)
        entries.append(Entry(existing(root, path), labels, number, line))
    if not entries:
        raise ValueError(f"a list needs at least one video: {name} is empty")
    videos = VideoList(name, root, tuple(entries), len(lines) - len(filled))
    if multi_label is False or (multi_label is None and all(len(entry.labels) < 2 for entry in entries)):
        _check_single_labels(videos)
    return videos


def split_lines(text: str) -> list[str]:
    r"""The lines, which end with ``\n``, ``\r\n`` or ``\r``.

    Other characters at which ``str.splitlines`` splits may be in names.
    """
    lines = re.split(r"\r\n?|\n", text)
    return lines if lines[-1] else lines[:-1]


def existing(root: str, path: str) -> str:
    """The first spelling of a path that names a file; the path itself if none does.

    Tried are slashes for backslashes, composed and decomposed accents, and ``.mp4`` after a name without an ending, as
    in MMAction2's ``DecordInit``.
    """
    slashes = path.replace("\\", "/")
    spellings = [path]
    if slashes != path or not path.isascii():
        spellings += [slashes, *(unicodedata.normalize(form, slashes) for form in ("NFC", "NFD"))]
    if not os.path.splitext(path)[1]:
        spellings += [f"{each}.mp4" for each in spellings]
    if len(set(spellings)) == 1:
        return path
    return next((each for each in spellings if os.path.exists(os.path.join(root, each))), path)


def _checked(function: Callable[[str, str | None], T], name: str, number: int, line: str, delimiter: str | None) -> T:
    try:
        return function(line, delimiter)
    except ValueError as error:
        raise line_error(str(error), name, number, line) from None


def _check_single_labels(videos: VideoList) -> None:
    first: dict[str, Entry] = {}
    for entry in videos.entries:
        if len(entry.labels) > 1:
            raise videos.error("a video has one label, unless the dataset has multi_class=True; a name that ends with "
                               "a number needs double quotes", entry)
        if videos.labels and not entry.labels:
            raise videos.error("every line needs a label if one line has a label", entry)
        other = first.setdefault(videos.key(entry), entry)
        if other.labels != entry.labels:
            raise videos.error(f"a video must have the same label in all lines, and line {other.number} has "
                               f"{other.labels[0]}", entry)
