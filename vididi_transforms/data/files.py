"""Paths inside a folder, text in several encodings, and atomic writing."""
import codecs
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor


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

    Raises:
        OSError: If the file cannot be written: a full disk, no permission, a folder of this name. It names ``path``.

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
    with naming(path):
        _remove(part)
        try:
            yield part
            part.replace(path)
        finally:
            _remove(part)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let system errors name a file: those of a write name none, or a temporary path."""
    try:
        yield
    except OSError as error:
        named = error.filename is not None and f"{path.name}.part" not in str(error.filename)
        if named or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def decode(content: bytes, name: str) -> str:
    r"""Text in UTF-8, or in UTF-16 with a byte-order mark; without the mark.

    Args:
        content: bytes of a file.
        name: path of the file, for the message.

    Raises:
        ValueError: If the content is not such text, or has a null character.

    Example:
        >>> decode(b"\xef\xbb\xbfa.mp4 0\n", "train.txt")
        'a.mp4 0\n'
    """
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        text, place = content.decode(encoding), None
    except UnicodeDecodeError as error:
        text, place = "", error.start
    if "\0" in text:
        place = len(text[:text.index("\0")].encode(encoding))
    if place is not None:
        raise ValueError("text must be UTF-8, or UTF-16 with a byte-order mark: got byte "
                         f"0x{content[place]:02x} at position {place} of {name}")
    return text.removeprefix("\ufeff")


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    with complete(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def append_text(path: Path, text: str) -> None:
    """Append to an existing text file, in UTF-8; after an error the file is as before."""
    size = path.stat().st_size
    try:
        with naming(path), path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        os.truncate(path, size)
        raise


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file atomically."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_figure(path: Path, figure: "Figure", **options: Any) -> None:
    """Write a figure of matplotlib atomically, in the format of the path's suffix."""
    with complete(path) as part:
        figure.savefig(part, format=path.suffix[1:], **options)


def write_checkpoint(path: Path, content: Any) -> None:
    """Write a file of ``torch.save`` atomically."""
    import torch

    file = io.BytesIO()  # writing to a full disk itself, torch.save hides the system's error
    torch.save(content, file)
    with complete(path) as part:
        part.write_bytes(file.getbuffer())


def write_safetensors(path: Path, tensors: "dict[str, Tensor]", facts: dict[str, Any]) -> None:
    """Write tensors as a safetensors file, atomically; facts that are not text are stored as JSON."""
    from safetensors.torch import save

    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
    with complete(path) as part:
        part.write_bytes(save({key: value.contiguous() for key, value in tensors.items()}, text))
