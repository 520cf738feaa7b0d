"""The mask of a motion video's shape, on its way through any data pipeline: a fourth channel of the pictures."""
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose

from ...data.motion_videos import render_again
from .read_video import ReadVideo

TOLERANCE = 0.1  # encoded frames differ by 0.02 to 0.04 from what they were encoded from, other videos by 0.3


class ShapeMask:
    """Adds the mask of the moving shape to decoded frames, so that crops, scales and flips happen to both alike.

    Args:
        seed: with which the motion videos were written.

    Raises:
        ValueError: the file is no motion video of this seed.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """``imgs`` of ``[H, W, 3]`` become ``[H, W, 4]``."""
        frames, size = np.stack(results["imgs"]), results["imgs"][0].shape[0]
        video, mask = render_again(results["filename"], results["total_frames"], size, self.seed)
        both = torch.cat((video, mask), dim=1)[torch.from_numpy(results["frame_inds"].reshape(-1))]
        rendered = (both * 255).round().byte().permute(0, 2, 3, 1).numpy()
        difference = np.abs(rendered[..., :3].astype(float) - frames).mean() / 255
        if difference > TOLERANCE:
            raise ValueError(f"motion videos must be those of seed {self.seed} to know where their shape is: frames of "
                             f"{results['filename']!r} differ by {difference:.2f} on average; give --motion-seed")
        return {**results, "imgs": list(np.concatenate((frames, rendered[..., 3:]), axis=-1))}


def add_shape_mask(pipeline: Compose, seed: int) -> None:
    """Put a :class:`ShapeMask` where a pipeline has decoded the frames.

    Raises:
        ValueError: it decodes none.
    """
    places = [number for number, transform in enumerate(pipeline.transforms, start=1)
              if isinstance(transform, ReadVideo) or type(transform).__name__.endswith("Decode")]
    if not places:
        raise ValueError("a pipeline of videos must have ReadVideo or a transform named ...Decode: got "
                         + ", ".join(type(transform).__name__ for transform in pipeline.transforms))
    pipeline.transforms.insert(places[0], ShapeMask(seed))
