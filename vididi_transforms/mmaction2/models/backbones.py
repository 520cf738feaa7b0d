"""torchvision's video models as backbones, for those that MMAction2 does not have."""
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
          "s3d": (64, 192, 480, 832, 1024)}  # D of each stage
S3D_CUTS = (0, 1, 4, 7, 13, 16)  # S3D does not name its stages; they are cut before each max-pooling
LAST = len(RESNET_STAGES) - 1


@MODELS.register_module()
class TorchvisionVideoBackbone(BaseModule):
    """A video model of torchvision, without pooling and classifier.

    State dict keys and initial weights are torchvision's. Each model has five stages, 0 to 4: stem and layer1 to
    layer4 of the ResNets; S3D is cut before each max-pooling. Stages after the last output are dropped. S3D needs
    clips of at least 5 frames.

    Args:
        name: ``'r3d_18'``, ``'mc3_18'``, ``'r2plus1d_18'`` or ``'s3d'``.
        out_indices: the stage to return, or several in increasing order.
        frozen_stages: freeze stages 0 to this one, including their batch normalisation statistics; -1: none.
        norm_eval: keep all batch normalisation layers in evaluation mode.
        with_cp: gradient checkpointing: store only the outputs of the stages and recompute the rest in the backward
            pass. Saves memory and costs time.
        init_cfg: as in mmengine's ``BaseModule``. To start from a pretrained encoder: ``dict(type='Pretrained',
            checkpoint='work_dirs/vididi/epoch_400.pth', prefix='backbone.')``.

    Attributes:
        feat_dim: D of the last feature map; of the last stage 512, for S3D 1024.

    Shape:
        ``[B, 3, T, H, W]`` to ``[B, D, t, h, w]``, or to a tuple of these if ``out_indices`` names several stages.
        Strides of the last stage in time and space: 8 and 16; ``mc3_18`` 1 and 16; ``s3d`` 8 and 32.

    Raises:
        ValueError: If the name is unknown, or a stage does not exist.

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
        """The stages in order.

        Those of S3D are slices of ``features``, so that its keys stay torchvision's.
        """
        if "features" not in self._modules:
            return list(self.children())
        return [self.features[start:stop] for start, stop in pairwise(S3D_CUTS[:self.out_indices[-1] + 2])]

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature map or maps of clips ``[B, 3, T, H, W]``."""
        maps = []
        for index, stage in enumerate(self.stages):
            x = _checkpointed(stage, x) if self.with_cp and torch.is_grad_enabled() else stage(x)
            if index in self.out_indices:
                maps.append(x)
        return maps[0] if len(maps) == 1 else tuple(maps)

    def train(self, mode: bool = True) -> "TorchvisionVideoBackbone":
        """As in torch, but frozen layers stay in evaluation mode. Returns self."""
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
    # The first temporal convolution of S3D has kernel 7 and stride 2. With fewer than 8 frames, padding included, the
    # gradient of oneDNN (torch 2.15) reads memory outside of the tensor. On CPUs, pad in a separate step instead.

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
    # The recomputation of a stage must not update its running statistics a second time.

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
