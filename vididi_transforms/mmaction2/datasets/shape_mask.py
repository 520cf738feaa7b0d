"""The mask of a motion video's shape, as a fourth channel of its frames."""
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose

from ...data.motion_videos import render_again
from .read_video import ReadVideo

TOLERANCE = 0.1  # mean difference in [0, 1]: 0.02 to 0.04 after encoding, 0.3 between two videos


class ShapeMask:
    """Adds the mask of the moving shape to decoded frames, as a fourth channel.

    Later transforms then crop, resize and flip frames and mask alike.

    Args:
        seed: seed of ``vididi motion-videos`` when the videos were written.

    Raises:
        ValueError: If a file is not a motion video with this seed.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Extend ``imgs`` from ``[H, W, 3]`` to ``[H, W, 4]``."""
        frames, size = np.stack(results["imgs"]), results["imgs"][0].shape[0]
        video, mask = render_again(results["filename"], results["total_frames"], size, self.seed)
        both = torch.cat((video, mask), dim=1)[torch.from_numpy(results["frame_inds"].reshape(-1))]
        rendered = (both * 255).round().byte().permute(0, 2, 3, 1).numpy()
        difference = np.abs(rendered[..., :3].astype(float) - frames).mean() / 255
        if difference > TOLERANCE:
            raise ValueError("saliency on motion videos needs the seed they were written with: frames of "
                             f"{results['filename']!r} differ by {difference:.2f} on average from those of seed "
                             f"{self.seed}; give --motion-seed")
        return {**results, "imgs": list(np.concatenate((frames, rendered[..., 3:]), axis=-1))}


def add_shape_mask(pipeline: Compose, seed: int) -> None:
    """Insert a :class:`ShapeMask` after the transform that decodes the frames.

    Raises:
        ValueError: If no transform decodes frames.
    """
    places = [number for number, transform in enumerate(pipeline.transforms, start=1)
              if isinstance(transform, ReadVideo) or type(transform).__name__.endswith("Decode")]
    if not places:
        raise ValueError("a video pipeline needs ReadVideo or a transform named ...Decode: got "
                         + ", ".join(type(transform).__name__ for transform in pipeline.transforms))
    pipeline.transforms.insert(places[0], ShapeMask(seed))
