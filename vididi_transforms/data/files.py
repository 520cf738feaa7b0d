"""Paths inside a folder, and files that appear only when they are complete."""
import json
from pathlib import Path
from typing import Any


def inside(root: Path, name: str) -> Path:
    """The path of a file in a folder.

    Raises:
        ValueError: a symbolic link leads out of the folder.
    """
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"files must be inside of {root}: {name!r} leads to {path.resolve()}")
    return path


def unfinished(path: Path) -> Path:
    """A new, empty file beside a path, to write and then to rename; a link that was left there is not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(exist_ok=False)
    return part


def write_text(path: Path, text: str) -> None:
    """Write a file that appears when it is whole."""
    part = unfinished(path)
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write a file that appears when it is whole."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
