"""The clips of a page. Each is stored once, even if it is shown several times."""
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ...data.video_io import UnreadableError
from ...evaluation.colours import BLUE, VERMILION
from .thumbnails import Thumbnail, thumbnail

FRAMES = 12  # of a clip


class Clips:
    """Small clips of videos.

    Args:
        root: folder that the names are relative to.
        names: names of the videos, with repetitions.

    Attributes:
        problems: name of a video that cannot be shown to the reason.

    Raises:
        ValueError: If no video can be read.
    """

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        from tqdm import tqdm

        self.thumbnails: dict[str, Thumbnail] = {}
        self.problems: dict[str, str] = {}
        for name in tqdm(dict.fromkeys(names), desc="clips", unit="video"):
            try:
                self.thumbnails[name] = thumbnail(root / name, FRAMES)
            except (UnreadableError, OSError) as error:
                self.problems[name] = str(error)
        if not self.thumbnails:
            name, why = next(iter(self.problems.items()))
            raise ValueError("at least one video must be readable; names are relative to the folder in which mim test "
                             f"ran, or to --root: {root / name}: {why}")
        self._numbers = {name: number for number, name in enumerate(self.thumbnails)}

    def rules(self) -> str:
        """CSS of the clips and of the page's colours."""
        return f":root {{ --frames: {FRAMES}; --right: {_rgb(BLUE)}; --wrong: {_rgb(VERMILION)} }}\n" + "".join(
            f".v{self._numbers[name]} {{ width: {clip.width}px; height: {clip.height}px; background-size: "
            f"{100 * FRAMES}% 100%; background-image: url(data:image/webp;base64,{b64encode(clip.webp).decode()}) }}\n"
            for name, clip in self.thumbnails.items())

    def show(self, name: str, role: str) -> str:
        """HTML of a clip; ``role`` starts the text that screen readers say."""
        if name in self.problems:
            return f'<span class="clip missing" title="{escape(name)}">cannot be read</span>'
        return (f'<span class="clip v{self._numbers[name]}" role="img" aria-label="{escape(f"{role} {name}")}" '
                f'title="{escape(name)}"></span>')


def _rgb(colour: str) -> str:
    """``'#0072b2'`` as ``'0 114 178'``."""
    return " ".join(map(str, bytes.fromhex(colour[1:])))
