"""The videos of a folder, found by the names in official split files."""
import os
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..files import inside
from ..video_lists.grammar import SUFFIXES

UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: control characters, surrogates, line and paragraph ends


def safe_parts(entry: str) -> tuple[str, ...]:
    """Split a name in a list into its folders and its file name.

    Raises:
        ValueError: If the name is empty, absolute, or has ``..``, a backslash or a control character.

    Example:
        >>> safe_parts("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi")
        ('ApplyEyeMakeup', 'v_ApplyEyeMakeup_g08_c01.avi')
    """
    path = PurePosixPath(entry)
    unprintable = any(unicodedata.category(letter) in UNPRINTABLE for letter in entry)
    if not path.parts or path.is_absolute() or ".." in path.parts or unprintable:
        raise ValueError(f"names in lists must be relative, without '..' and control characters: got {entry!r}")
    if "\\" in entry:  # separates folders on Windows
        raise ValueError(f"names in lists must separate folders by '/', without backslashes: got {entry!r}")
    return path.parts


class VideoFolder:
    """Finds videos in a folder by name, also with another suffix.

    A video ``A/b.avi`` may also be in a folder ``A`` up to three levels deep (``UCF-101/A/b.avi``), or in no folder.

    Args:
        root: the folder; it may be a symbolic link, but links inside it must not lead out.
        ignore_case: whether to find names in other upper and lower case (UCF101's ``v_HandStandPushups``).

    Raises:
        ValueError: If there is no such folder.
    """

    def __init__(self, root: Path, ignore_case: bool = True) -> None:
        if not root.is_dir():
            raise ValueError(f"the folder of the videos must be a directory: got {root}")
        self.root, self.ignore_case = root, ignore_case
        self._listings: dict[str, dict[tuple[int, str], str]] = {}

    def find(self, names: tuple[str, ...]) -> str | None:
        """The path of the first name that exists, relative to the folder.

        It is spelled as on the disk.

        Raises:
            ValueError: If a name leads out of the folder.
        """
        for base, parts in self._places([safe_parts(name) for name in names]):
            found: str | None = base
            for part in parts:
                found = self._child(found, part) if found is not None else None
            if found and inside(self.root, found).is_file():
                return found
        return None

    def explain(self, names: tuple[str, ...]) -> str:
        """What was expected and what is in the folder, for an error."""
        children = sorted(self.root.iterdir())
        folders, files = ([child.name for child in children if child.is_dir() == which] for which in (True, False))
        return (f"{self.root} must hold the videos of the official lists, such as {names[0]!r}, in the same folders, "
                f"deeper ones or none: got folders {_some(folders)}, and files {_some(files)}")

    def _places(self, names: list[tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Folders, and paths in them at which a video may be; the likeliest first."""
        yield from (("", parts) for parts in names)
        for first, *rest in (parts for parts in names if len(parts) > 1):
            yield from ((folder, tuple(rest)) for folder in self._deeper.get(self._folded(first), ()))
        yield from (("", parts[-1:]) for parts in names)

    @cached_property
    def _deeper(self) -> dict[str, list[str]]:
        """Folders below the first level, by name."""
        found: dict[str, list[str]] = {}
        for path, names, _ in os.walk(self.root):
            parent = Path(path).relative_to(self.root)
            for name in sorted(names) if parent.parts else ():
                found.setdefault(self._folded(name), []).append((parent / name).as_posix())
            if len(parent.parts) == 2:
                names.clear()
        return found

    def _child(self, folder: str, name: str) -> str | None:
        if folder not in self._listings:
            self._listings[folder] = self._listing(folder)
        listing = self._listings[folder]
        child = next((listing[key] for key in self._keys(name) if key in listing), None)
        return child and f"{folder}/{child}".lstrip("/")

    def _listing(self, folder: str) -> dict[tuple[int, str], str]:
        path = inside(self.root, folder)
        names = sorted(child.name for child in path.iterdir()) if path.is_dir() else []
        return {key: name for name in reversed(names) for key in self._keys(name)}

    def _keys(self, name: str) -> list[tuple[int, str]]:
        """Ways in which a name matches another, from the closest to the loosest."""
        stem = stem_of(name)
        keys = [(0, name), (2, stem)]
        return sorted([*keys, (1, name.casefold()), (3, stem.casefold())]) if self.ignore_case else keys

    def _folded(self, name: str) -> str:
        return name.casefold() if self.ignore_case else name


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) or "none") + more


def stem_of(name: str) -> str:
    """The name without a video suffix.

    Example:
        >>> stem_of("a.b.avi"), stem_of("a.b")
        ('a.b', 'a.b')
    """
    return next((name[:-len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), name)
