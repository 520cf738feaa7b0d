"""Objectives as heads of :class:`TwoStreamRecognizer`: pool, project, compare."""
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from ..objectives import gather_batch, vicreg
from ..projector import projector


def global_average_pool(maps: Tensor) -> Tensor:
    """Mean over time and space: ``[B, D, t, h, w]`` to ``[B, D]``.

    (As a mean, not a pooling layer: its backward pass is deterministic on CUDA.)
    """
    return maps.mean(dim=(2, 3, 4))


class TwoStreamHead(BaseModule):
    """Base of the objectives: features for testing.

    Args:
        init_cfg: as in mmengine's ``BaseModule``.
    """

    def predict(self, feats: Tensor, data_samples: list[Any]) -> list[Any]:
        """Give each video the mean of its clips' features.

        Args:
            feats: ``[B * clips, D, t, h, w]``.
            data_samples: B of them; each gets ``feature``, ``[D]`` float32.
        """
        features = global_average_pool(feats.float())
        features = features.unflatten(0, (len(data_samples), -1)).mean(dim=1)
        for sample, feature in zip(data_samples, features, strict=True):
            sample.set_field(feature, "feature")
        return data_samples


@MODELS.register_module()
class VICRegHead(TwoStreamHead):
    """VICReg on the projections of the two views; every term is computed in float32 and logged.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels, num_layers: of the projector.
        weights: of invariance, variance and covariance.
        gamma, eps, sum_dimensions: see :func:`vididi_transforms.vicreg`.
        gather: compare the joined batch of all processes, not this process's part.
        init_cfg: as in mmengine's ``BaseModule``.

    Source: paper appendix A.4, equations (8) to (11), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 2048, out_channels: int = 2048,
                 num_layers: int = 3, weights: tuple[float, float, float] = (1.0, 1.0, 0.05), gamma: float = 1.0,
                 eps: float = 1e-4, sum_dimensions: bool = False, gather: bool = True,
                 init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        self.projector = projector(in_channels, hidden_channels, out_channels, num_layers)
        self.objective = dict(weights=tuple(weights), gamma=gamma, eps=eps, sum_dimensions=sum_dimensions)
        self.gather = gather

    def loss(self, feats: tuple[Tensor, Tensor], data_samples: list[Any]) -> dict[str, Tensor]:
        """Named terms of the loss from feature maps of the two views, ``[B, D, t, h, w]`` each."""
        z1, z2 = (self.projector(global_average_pool(maps)) for maps in feats)
        with torch.autocast(z1.device.type, enabled=False):
            z1, z2 = (gather_batch(z.float()) if self.gather else z.float() for z in (z1, z2))
            return {f"loss_{name}": term for name, term in vicreg(z1, z2, **self.objective).items()}
