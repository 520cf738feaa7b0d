"""Paths inside a folder, and atomic writing."""
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def inside(root: Path, name: str) -> Path:
    """The path of a file in a folder.

    Raises:
        ValueError: If a symbolic link leads out of the folder.
    """
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"files must be inside of {root}: {name!r} leads to {path.resolve()}")
    return path


@contextmanager
def complete(path: Path) -> Iterator[Path]:
    """Write a file or a folder atomically.

    Yields a temporary path, which is renamed to ``path`` if the block succeeds.

    After an exception the temporary file is removed and ``path`` stays as it was. What a killed run left at the
    temporary path is removed first; if it is a link, the link is not followed.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with complete(Path(folder, "list.txt")) as part:
        ...         _ = part.write_text("train/slide-x_00000.mp4 0")
        ...     [path.name for path in Path(folder).iterdir()]
        ['list.txt']
    """
    part = path.with_name(f"{path.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    _remove(part)
    try:
        yield part
        part.replace(path)
    finally:
        _remove(part)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    with complete(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file atomically."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
