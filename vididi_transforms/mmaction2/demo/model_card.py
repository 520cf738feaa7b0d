"""The demo's encoder as a model: a safetensors file and its card."""
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data.files import write_text
from ...evaluation.tables import percent
from .processes import Processes
from .results import TEST, TRAIN
from .runs import Scores, config

FILE = "encoder.safetensors"
CARD = """---
license: apache-2.0
library_name: mmaction2
tags: [video, self-supervised-learning, vididi, {objective}]
---
# {method}: a small encoder of motion

An encoder of eight frames of 32 x 32 pixels, trained without labels by `{command}`. It knows eight motions of
generated shapes: it shows what the method does, and is of no use for real videos.

| | |
|---|---|
| trained on | {train} generated videos (`vididi motion-videos`), without labels |
| method | {method}, {epochs} epochs |
| batch normalisation | statistics of {statistics} |
| retrieval | of {test} test videos, the nearest training video shows the same motion for {top1} (by chance: {chance}) |
| made on | {date}, {machine}, Python {python}, {versions} |

```python
import vididi_transforms.mmaction2  # so that MMAction2 works with a current PyTorch
import torch
from mmaction.registry import MODELS
from safetensors.torch import load_file

encoder = MODELS.build(dict({backbone}))
encoder.load_state_dict(load_file("{file}"))
encoder.eval()
clip = torch.rand(1, 3, 8, 32, 32)  # RGB in [0, 1]
mean, std = (torch.tensor(values).view(3, 1, 1, 1) / 255 for values in ({mean}, {std}))
feature = encoder((clip - mean) / std).mean(dim=(2, 3, 4))  # [1, 128]
```

Method: Chen et al. 2024, "Unfolding Videos Dynamics via Taylor Expansion".
"""


def write_model(processes: Processes, method: str, scores: Mapping[str, Scores], run: Mapping[str, Any]) -> None:
    """Write ``encoder.safetensors`` and ``README.md``, the card, to the work dir of a method.

    Args:
        processes: of the demo, with its folder.
        method: name of the method and of its work dir.
        scores: the demo's scores of this method and of chance.
        run: where they come from (:func:`~vididi_transforms.evaluation.provenance.provenance`).
    """
    folder = processes.out / method
    processes.module(f"weights {method}", "vididi_transforms", "weights", (folder / "last_checkpoint").read_text(),
                     folder / FILE, "--layout", "plain")
    write_text(folder / "README.md", card(folder / FILE, method, scores, run))


def card(weights: Path, method: str, scores: Mapping[str, Scores], run: Mapping[str, Any]) -> str:
    """The card of an exported encoder; for the arguments see :func:`write_model`."""
    from mmengine.config import Config
    from safetensors import safe_open

    with safe_open(weights, "pt") as file:
        facts = file.metadata()
    statistics = json.loads(facts["bn_statistics"])
    settings = Config.fromfile(config(method))
    pixels = settings.model.data_preprocessor
    return CARD.format(
        method=method, objective=method.rpartition("-")[2], epochs=facts["epoch"], train=TRAIN, test=TEST,
        statistics=statistics["views"] + (f", of {statistics['videos']} videos" if statistics["videos"] else ""),
        top1=percent(scores[method]["top1"]), chance=percent(scores["chance"]["top1"]), file=weights.name,
        backbone=", ".join(f"{key}={value!r}" for key, value in settings.model.backbone.items()),
        mean=pixels.mean, std=pixels.std, versions=", ".join(map(" ".join, run["versions"].items())),
        **{key: run[key] for key in ("command", "date", "machine", "python")})
