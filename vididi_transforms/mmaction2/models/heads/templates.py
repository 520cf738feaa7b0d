"""Templates of heads: everything but the objective."""
from typing import Any

import torch
from torch import Tensor

from ....objectives import build_projector, gather_batch
from ....objectives.embeddings import at_least_single, shapes
from .retrieval import RetrievalHead


class TwoViewHead(RetrievalHead):
    """Base of the templates: pools the feature maps of a view and projects them.

    Args:
        in_channels: D of the encoder's feature; of several pathways, the sum of their widths.
        hidden_channels: width of the projector's hidden layers.
        out_channels: D of the embeddings.
        num_layers: number of the projector's linear layers.
        init_cfg: as in mmengine's ``BaseModule``.

    Raises:
        ValueError: In training, if the encoder's feature has another width than ``in_channels``.
    """

    def __init__(self, in_channels: int, hidden_channels: int, out_channels: int, num_layers: int,
                 init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.projector = build_projector(in_channels, hidden_channels, out_channels, num_layers)

    def pooled(self, maps: Tensor | tuple[Tensor, ...]) -> Tensor:
        """As ``pool``, with a check of the width."""
        features = self.pool(maps)
        if features.shape[1:] != (self.in_channels,):
            raise ValueError("in_channels of the head must be the width of the encoder's feature: got "
                             f"in_channels={self.in_channels}, and {tuple(features.shape)} from {shapes(maps)}")
        return features

    def project(self, maps: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Feature maps ``[B, D, t, h, w]`` to embeddings ``[B, D']``."""
        return self.projector(self.pooled(maps))


class JointEmbeddingHead(TwoViewHead):
    """Template for objectives that compare two embeddings: define ``objective``.

    Args:
        gather: compare the videos of the global batch, not only those of this rank.
        kwargs: arguments of :class:`TwoViewHead`.

    Example:
        >>> class AlignmentHead(JointEmbeddingHead):
        ...     def objective(self, z1, z2):
        ...         return {"loss_alignment": (z1 - z2).square().mean()}
        >>> head = AlignmentHead(in_channels=8, hidden_channels=16, out_channels=4, num_layers=2)
        >>> list(head.loss((torch.rand(2, 8, 1, 2, 2), torch.rand(2, 8, 1, 2, 2)), []))
        ['loss_alignment']
    """

    def __init__(self, gather: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gather = gather

    def loss(self, feats: tuple[Tensor, Tensor], data_samples: list[Any]) -> dict[str, Tensor]:
        """Losses by name from the feature maps of the two views, ``[B, D, t, h, w]`` each."""
        z1, z2 = (self.project(maps) for maps in feats)
        with torch.autocast(z1.device.type, enabled=False):
            z1, z2 = at_least_single(z1), at_least_single(z2)
            return self.objective(gather_batch(z1), gather_batch(z2)) if self.gather else self.objective(z1, z2)

    def objective(self, z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
        """Losses by name from the embeddings of the two views.

        They are ``[B, D']`` each, in float32 or float64.
        """
        raise NotImplementedError


class MomentumHead(TwoViewHead):
    """Template for objectives with a momentum encoder: define ``objective``.

    For :class:`MomentumRecognizer`. The online network predicts from one view what the momentum encoder projects from
    the other. The defaults are those of BYOL.

    Args:
        in_channels: D of the encoder's feature.
        hidden_channels, out_channels: widths of projector and predictor.
        num_layers: number of the projector's linear layers; the predictor has two.
        symmetric: each view predicts the other, and the losses of both directions are averaged. False: only view 1
            predicts view 2.
        init_cfg: as in mmengine's ``BaseModule``.

    Example:
        >>> import torch.nn.functional as F
        >>> class MoCoV3Head(MomentumHead):
        ...     def objective(self, prediction, target):
        ...         logits = F.normalize(prediction, dim=1) @ F.normalize(target, dim=1).T / 0.2
        ...         return {"loss_moco": F.cross_entropy(logits, torch.arange(len(logits)))}
        >>> head = MoCoV3Head(in_channels=8, hidden_channels=16, out_channels=4)
        >>> maps, targets = torch.rand(2, 3, 8, 1, 2, 2), torch.rand(2, 3, 4)
        >>> list(head.loss(tuple(maps), [], tuple(targets)))
        ['loss_moco']

    Source: paper appendix A.3.
    """

    def __init__(self, in_channels: int = 512, hidden_channels: int = 4096, out_channels: int = 256,
                 num_layers: int = 2, symmetric: bool = True, init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(in_channels, hidden_channels, out_channels, num_layers, init_cfg)
        self.predictor = build_projector(out_channels, hidden_channels, out_channels, num_layers=2)
        self.symmetric = symmetric

    def loss(self, feats: tuple[Tensor, Tensor], data_samples: list[Any],
             targets: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Losses by name, averaged over the directions.

        Args:
            feats: feature maps of the two views, ``[B, D, t, h, w]`` each.
            data_samples: not used.
            targets: the momentum encoder's projections of the two views, ``[B, D']`` each.
        """
        directions = [(feats[0], targets[1])]
        if self.symmetric:
            directions.append((feats[1], targets[0]))
        predictions = [self.predictor(self.project(maps)) for maps, _ in directions]
        with torch.autocast(predictions[0].device.type, enabled=False):
            losses = [self.objective(at_least_single(prediction), at_least_single(target))
                      for prediction, (_, target) in zip(predictions, directions, strict=True)]
            return {name: torch.stack([loss[name] for loss in losses]).mean() for name in losses[0]}

    def objective(self, prediction: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Losses by name of one direction.

        Args:
            prediction: the online network's prediction from one view, ``[B, D']`` in float32 or float64.
            target: the momentum encoder's projection of the other view, ``[B, D']``, without gradient. For negatives
                from the global batch, use :func:`vididi_transforms.gather_batch` on both.
        """
        raise NotImplementedError
