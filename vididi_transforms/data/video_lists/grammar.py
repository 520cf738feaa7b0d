"""A line of an annotation list: a path, and integers as labels."""
import re

DELIMITERS = {"space": " ", "tab": "\t", "comma": ",", "semicolon": ";"}
SUFFIXES = (".avi", ".mp4", ".mkv", ".webm", ".mov", ".m4v", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp")
PATH_COLUMNS = {"path", "filepath", "file_path", "file", "filename", "file_name", "video", "video_path", "name"}
LABEL_COLUMNS = {"label", "labels", "label_id", "class", "class_id", "target"}

_INTEGER = re.compile(r'-?[0-9]{1,18}|"-?[0-9]{1,18}"')  # some programs quote all values
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_SEARCHED = ("\t", ",", ";", " ")  # the space last: blanks may surround the others


def parse_line(line: str, delimiter: str | None = None) -> tuple[str, tuple[int, ...]]:
    """Path and labels of a line.

    The labels are the integers at the end; a label -1 means that there is none, as in MMAction2.

    Args:
        line: the line; blanks around it are ignored.
        delimiter: what separates the path from the labels, and the labels. None: the first of tab, comma, semicolon
            and space that is before an integer at the end.

    Raises:
        ValueError: If there is no path, a label is invalid, or a video's ending is followed by anything but labels. The
            message has only the rule.

    Example:
        >>> parse_line("my clip.mp4 3"), parse_line('"clip 2",3'), parse_line("a.mp4")
        (('my clip.mp4', (3,)), ('clip 2', (3,)), ('a.mp4', ()))
    """
    line = line.strip()
    delimiters = _SEARCHED if delimiter is None else (delimiter,)
    readings = (_split(line, each) for each in delimiters if each in line)
    path, labels = next((reading for reading in readings if reading[1]), (line, ()))
    if quoted := _QUOTED.fullmatch(path):
        path = quoted[1].replace('""', '"')
    elif not path:
        raise ValueError("a line must begin with a path")
    elif _has_text_after_ending(path, (*_SEARCHED, *delimiters)):
        raise ValueError(f"only labels, integers separated by {_named(delimiter)}, may follow a video's ending, unless "
                         "the path is in double quotes")
    if labels == (-1,):
        return path, ()
    if min(labels, default=0) < 0:
        raise ValueError("labels must be integers >= 0, or one -1 for no label")
    return path, labels


def _split(text: str, delimiter: str) -> tuple[str, tuple[int, ...]]:
    labels: list[int] = []
    while True:
        head, found, last = text.rpartition(delimiter)
        if not found or not _INTEGER.fullmatch(last.strip()):
            return text, tuple(reversed(labels))
        labels.append(int(last.strip().strip('"')))
        text = head.rstrip()


def _has_text_after_ending(path: str, delimiters: tuple[str, ...]) -> bool:
    name = re.split(r"[/\\]", path)[-1].lower()
    return not name.endswith(SUFFIXES) and any(f"{suffix}{delimiter}" in name for suffix in SUFFIXES
                                               for delimiter in delimiters)


def _named(delimiter: str | None) -> str:
    return "tab, comma, semicolon or space" if delimiter is None else repr(delimiter)


def is_header(line: str, delimiter: str | None = None) -> bool:
    """Whether a line names the columns, such as ``path,label``.

    Raises:
        ValueError: If the columns are in another order.

    Example:
        >>> is_header("path,label"), is_header("label.mp4,1")
        (True, False)
    """
    columns = re.split(r"[\t,;]| +" if delimiter is None else re.escape(delimiter), line.strip().casefold())
    first, *others = (column.strip().strip('"') for column in columns)
    if first in PATH_COLUMNS and LABEL_COLUMNS.issuperset(others):
        return True
    if others and {first, *others} <= {"", *PATH_COLUMNS, *LABEL_COLUMNS}:
        raise ValueError("the columns must be the path, then the labels")
    return False
