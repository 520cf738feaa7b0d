"""Objectives as heads of :class:`TwoViewRecognizer`: pool, project, compare."""
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor

from ...objectives import build_projector, byol_loss, gather_batch, info_nce_loss, vicreg_loss


def global_average_pool(maps: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Mean over time and space: ``[B, D, t, h, w]``, or the last of several, to ``[B, D]``.

    (As a mean, not a pooling layer: its backward pass is deterministic on CUDA.)
    """
    maps = maps if isinstance(maps, Tensor) else maps[-1]
    return maps.mean(dim=(2, 3, 4))


def at_least_single(z: Tensor) -> Tensor:
    """``z`` in float32, or in float64 if it is that: no objective is computed in half precision."""
    return z.to(torch.promote_types(z.dtype, torch.float32))


@MODELS.register_module()
class RetrievalHead(BaseModule):
    """Features of videos, for testing a pretrained encoder; no objective.

    Args:
        init_cfg: as in mmengine's ``BaseModule``.

    Example (config):
        ``dict(type='RetrievalHead')``

    Source: paper appendix B.4.
    """

    def predict(self, feats: Tensor, data_samples: list[Any]) -> list[Any]:
        """Give each video the mean of its clips' features.

        Args:
            feats: ``[B * clips, D, t, h, w]``.
            data_samples: B of them; each gets ``feature``, ``[D]`` float32.
        """
        features = global_average_pool(feats).float()
        features = features.unflatten(0, (len(data_samples), -1)).mean(dim=1)
        for sample, feature in zip(data_samples, features, strict=True):
            sample.set_field(feature, "feature")
        return data_samples


class TwoViewHead(RetrievalHead):
    """Base of the objectives: the projector.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels, num_layers: of the projector.
        init_cfg: as in mmengine's ``BaseModule``.
    """

    def __init__(self, in_channels: int, hidden_channels: int, out_channels: int, num_layers: int,
                 init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        self.projector = build_projector(in_channels, hidden_channels, out_channels, num_layers)

    def project(self, maps: Tensor) -> Tensor:
        """Feature maps ``[B, D, t, h, w]`` to embeddings."""
        return self.projector(global_average_pool(maps))


class GatheringHead(TwoViewHead):
    """Base of objectives that compare the videos of a batch.

    Args:
        gather: compare the joined batch of all processes, not this process's part.
        kwargs: of :class:`TwoViewHead`.
    """

    def __init__(self, gather: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gather = gather

    def loss(self, feats: tuple[Tensor, Tensor], data_samples: list[Any]) -> dict[str, Tensor]:
        """Named terms from feature maps of the two views, ``[B, D, t, h, w]`` each; in float32 or more."""
        z1, z2 = (self.project(maps) for maps in feats)
        with torch.autocast(z1.device.type, enabled=False):
            z1, z2 = at_least_single(z1), at_least_single(z2)
            return self.objective(gather_batch(z1), gather_batch(z2)) if self.gather else self.objective(z1, z2)

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """Named terms from embeddings ``[B, D]``."""
        raise NotImplementedError


@MODELS.register_module()
class VICRegHead(GatheringHead):
    """VICReg on the projections of the two views; every term is logged.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels, num_layers: of the projector.
        weights: of invariance, variance and covariance.
        gamma, eps, sum_dimensions: see :func:`vididi_transforms.vicreg_loss`.
        kwargs: ``gather``: compare the joined batch of all processes; ``init_cfg``.

    Example (config):
        ``dict(type='VICRegHead', in_channels=512, weights=(1.0, 1.0, 0.05))``

    Source: paper appendix A.4, equations (8) to (11), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 2048, out_channels: int = 2048,
                 num_layers: int = 3, weights: tuple[float, float, float] = (1.0, 1.0, 0.05), gamma: float = 1.0,
                 eps: float = 1e-4, sum_dimensions: bool = False, **kwargs: Any) -> None:
        super().__init__(in_channels=in_channels, hidden_channels=hidden_channels, out_channels=out_channels,
                         num_layers=num_layers, **kwargs)
        self.options: dict[str, Any] = dict(weights=tuple(weights), gamma=gamma, eps=eps,
                                            sum_dimensions=sum_dimensions)

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """``loss_invariance``, ``loss_variance``, ``loss_covariance``."""
        return {f"loss_{name}": term for name, term in vicreg_loss(z1, z2, **self.options).items()}


@MODELS.register_module()
class SimCLRHead(GatheringHead):
    """InfoNCE across the projections of the two views.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels, num_layers: of the projector.
        temperature: see :func:`vididi_transforms.info_nce_loss`.
        kwargs: ``gather``: compare the joined batch of all processes; ``init_cfg``.

    Example (config):
        ``dict(type='SimCLRHead', in_channels=512, temperature=0.1)``

    Source: paper appendix A.2, equation (6), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 2048, out_channels: int = 128,
                 num_layers: int = 3, temperature: float = 0.1, **kwargs: Any) -> None:
        super().__init__(in_channels=in_channels, hidden_channels=hidden_channels, out_channels=out_channels,
                         num_layers=num_layers, **kwargs)
        self.temperature = temperature

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """``loss_info_nce``."""
        return {"loss_info_nce": info_nce_loss(z1, z2, temperature=self.temperature)}


@MODELS.register_module()
class BYOLHead(TwoViewHead):
    """BYOL: the online network's predictions of the target network's projections, for :class:`MomentumRecognizer`.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels, num_layers: of the projector; the predictor is as wide and has two layers.
        symmetric: each view predicts the other, as in BYOL, and the two losses are averaged; False: view 1 predicts
            view 2, as equation (7) is printed.
        init_cfg: as in mmengine's ``BaseModule``.

    Example (config):
        ``dict(type='BYOLHead', in_channels=512)``

    Source: paper appendix A.3, equation (7), and B.2.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 4096, out_channels: int = 256,
                 num_layers: int = 2, symmetric: bool = True, init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(in_channels, hidden_channels, out_channels, num_layers, init_cfg)
        self.predictor = build_projector(out_channels, hidden_channels, out_channels, num_layers=2)
        self.symmetric = symmetric

    def loss(self, feats: tuple[Tensor, Tensor], data_samples: list[Any],
             targets: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """``loss_byol`` from the views' feature maps ``[B, D, t, h, w]`` and target projections ``[B, D']``."""
        pairs = [(feats[0], targets[1]), (feats[1], targets[0])][:1 + self.symmetric]
        predictions = [self.predictor(self.project(maps)) for maps, _ in pairs]
        with torch.autocast(predictions[0].device.type, enabled=False):
            losses = [byol_loss(at_least_single(prediction), at_least_single(target))
                      for prediction, (_, target) in zip(predictions, pairs, strict=True)]
            return {"loss_byol": torch.stack(losses).mean()}
