"""Find what is wrong with a folder that holds the frames of a video as pictures."""
from pathlib import Path

from .faults import Fault

TEMPLATE = "img_{:05}.jpg"
"""Default names of the frames, as in MMAction2's ``RawframeDataset``."""


def fault_of_frames(folder: Path, template: str, first: int, frames: int) -> Fault | None:
    """The fault of a folder of frames, or None if it is good.

    Args:
        folder: the folder.
        template: names of the frames, such as ``'img_{:05}.jpg'``.
        first: number of the first frame.
        frames: number of frames in the list.
    """
    from PIL import Image

    if frames < 1:
        return Fault("missing", "0 frames in the list")
    sizes: dict[str, None] = {}
    for number in range(first, first + frames):
        path = folder / template.format(number)
        try:
            with Image.open(path) as image:
                image.load()
                sizes[f"{image.width} x {image.height}"] = None
        except FileNotFoundError:
            return Fault("missing", f"{path.name} of {frames} frames")
        except (OSError, SyntaxError) as error:  # PIL's errors for broken files
            return Fault("damaged", f"{path.name}: {error}")
    return Fault("changes size", ", ".join(sizes)) if len(sizes) > 1 else None
