"""Encoders that stock MMAction2 does not have: torchvision's video models without their classifiers."""
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint
from torchvision.models import video

RESNET_STAGES = ("stem", "layer1", "layer2", "layer3", "layer4")
RESNET_WIDTHS = (64, 64, 128, 256, 512)
WIDTHS = {"r3d_18": RESNET_WIDTHS, "mc3_18": RESNET_WIDTHS, "r2plus1d_18": RESNET_WIDTHS,
          "s3d": (64, 192, 480, 832, 1024)}  # D of every stage
S3D_CUTS = (0, 1, 4, 7, 13, 16)  # S3D has no named stages: cut before each max-pool
LAST = len(RESNET_STAGES) - 1


@MODELS.register_module()
class TorchvisionVideoBackbone(BaseModule):
    """Feature maps of one of torchvision's video models: no pooling, no classifier; keys and initial weights as there.

    Stages of the ResNets: stem, layer1 to layer4; of S3D: cut before each max-pool. Both have five, 0 to 4; those
    after the last output are not kept. S3D needs clips of at least 5 frames.

    Args:
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.
        out_indices: stage or increasing stages to return.
        frozen_stages: stages 0 to this one do not learn, and their batch normalisation stays in evaluation mode; -1:
            all learn.
        norm_eval: batch normalisation stays in evaluation mode everywhere.
        with_cp: less memory for more time: keep only the stages' outputs, compute the rest again in the backward pass.
        init_cfg: as in mmengine's ``BaseModule``; a pretrained encoder is ``dict(type='Pretrained',
            checkpoint='work_dirs/vididi/epoch_400.pth', prefix='backbone.')``.

    Attributes:
        feat_dim: D of the last map: 512; S3D 1024.

    Shape:
        ``[B, 3, T, H, W]`` to ``[B, D, t, h, w]``, or to a tuple of them where ``out_indices`` has several stages.
        Strides of the last stage, time and space: 8 and 16; ``mc3_18`` 1 and 16; ``s3d`` 8 and 32.

    Raises:
        ValueError: the name is not one of these, or a stage is not there.

    Example:
        >>> TorchvisionVideoBackbone("s3d")(torch.zeros(1, 3, 6, 64, 64)).shape
        torch.Size([1, 1024, 1, 2, 2])

    Source: paper section 4.1, Table 5, appendix B.2.
    """

    def __init__(self, name: str, out_indices: int | Sequence[int] = (LAST,), frozen_stages: int = -1,
                 norm_eval: bool = False, with_cp: bool = False, init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        if name not in WIDTHS:
            raise ValueError(f"name must be one of {', '.join(WIDTHS)}: got {name!r}")
        if not -1 <= frozen_stages <= LAST:
            raise ValueError(f"frozen_stages must be -1 (none) to {LAST}: got {frozen_stages}")
        self.out_indices = _stage_indices(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.with_cp = with_cp
        self.feat_dim = WIDTHS[name][self.out_indices[-1]]
        for child, module in _encoder(name, self.out_indices[-1]):
            self.add_module(child, module)
        for stage in self.stages[:frozen_stages + 1]:
            stage.requires_grad_(False)
        self.train()

    @property
    def stages(self) -> list[nn.Module]:
        """The stages in order; those of S3D are views of ``features``, so that its keys stay torchvision's."""
        if "features" not in self._modules:
            return list(self.children())
        return [self.features[start:stop] for start, stop in pairwise(S3D_CUTS[:self.out_indices[-1] + 2])]

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Map or maps of clips, ``[B, 3, T, H, W]``."""
        maps = []
        for index, stage in enumerate(self.stages):
            x = _checkpointed(stage, x) if self.with_cp and torch.is_grad_enabled() else stage(x)
            if index in self.out_indices:
                maps.append(x)
        return maps[0] if len(maps) == 1 else tuple(maps)

    def train(self, mode: bool = True) -> "TorchvisionVideoBackbone":
        """As in torch, but what is frozen stays in evaluation mode. Returns self."""
        super().train(mode)
        for stage in self.stages[:self.frozen_stages + 1]:
            stage.eval()
        for norm in _batch_norms(self) if self.norm_eval else ():
            norm.eval()
        return self


def _stage_indices(out_indices: int | Sequence[int]) -> tuple[int, ...]:
    indices = (out_indices,) if isinstance(out_indices, int) else tuple(out_indices)
    if not indices or list(indices) != sorted(set(indices) & set(range(LAST + 1))):
        raise ValueError(f"out_indices must be one or more increasing stages, 0 to {LAST}: got {out_indices!r}")
    return indices


def _encoder(name: str, last: int) -> Iterator[tuple[str, nn.Module]]:
    network = getattr(video, name)()
    if name == "s3d":
        network.features[0][1][0].__class__ = _PaddingConv3d
        yield "features", network.features[:S3D_CUTS[last + 1]]
    else:
        yield from ((stage, getattr(network, stage)) for stage in RESNET_STAGES[:last + 1])


class _PaddingConv3d(nn.Conv3d):
    # oneDNN (torch 2.15) reads foreign memory for the gradient of a kernel of 7 with stride 2 over fewer than 8 padded
    # frames, which is S3D's first over derivatives: on a CPU the padding is a step of its own.

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            return super().forward(x)
        frames = int(self.padding[0])
        return F.conv3d(F.pad(x, (0, 0, 0, 0, frames, frames)), self.weight, self.bias, self.stride)


def _batch_norms(module: nn.Module) -> Iterator[_BatchNorm]:
    return (layer for layer in module.modules() if isinstance(layer, _BatchNorm))


def _checkpointed(stage: nn.Module, x: Tensor) -> Tensor:
    return checkpoint(stage, x, use_reentrant=False, preserve_rng_state=False,
                      context_fn=lambda: (nullcontext(), _KeepStatistics(stage)))


class _KeepStatistics:
    # Computing a stage again must not put its batch into the running statistics again.

    def __init__(self, stage: nn.Module) -> None:
        self.norms = list(_batch_norms(stage))
        self.counters = [buffer for key, buffer in stage.named_buffers() if key.endswith("num_batches_tracked")]

    def __enter__(self) -> None:
        self.momenta = [norm.momentum for norm in self.norms]
        self.counts = [counter.clone() for counter in self.counters]
        for norm in self.norms:
            norm.momentum = 0.0

    def __exit__(self, *error: object) -> None:
        for norm, momentum in zip(self.norms, self.momenta, strict=True):
            norm.momentum = momentum
        for counter, count in zip(self.counters, self.counts, strict=True):
            counter.copy_(count)
