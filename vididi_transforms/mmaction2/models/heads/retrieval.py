"""Features for retrieval."""
from typing import Any

from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from ....objectives.embeddings import global_average_pool


@MODELS.register_module()
class RetrievalHead(BaseModule):
    """Gives each test video the pooled feature of a pretrained encoder; no objective.

    Args:
        init_cfg: as in mmengine's ``BaseModule``.

    Example (config):
        ``dict(type='RetrievalHead')``

    Source: paper appendix B.4.
    """

    def pool(self, maps: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Feature maps ``[B, D, t, h, w]``, or a tuple of several pathways' maps, to ``[B, D]``.

        As :func:`vididi_transforms.objectives.embeddings.global_average_pool`. Override it for another pooling.
        """
        return global_average_pool(maps)

    def predict(self, feats: Tensor | tuple[Tensor, ...], data_samples: list[Any]) -> list[Any]:
        """Set the ``feature`` of each video, ``[D]`` in float32: the mean over its clips.

        Args:
            feats: feature maps ``[B * clips, D, t, h, w]``, or several pathways' maps.
            data_samples: one for each of the B videos.
        """
        features = self.pool(feats).float()
        features = features.unflatten(0, (len(data_samples), -1)).mean(dim=1)
        for sample, feature in zip(data_samples, features, strict=True):
            sample.set_field(feature, "feature")
        return data_samples
