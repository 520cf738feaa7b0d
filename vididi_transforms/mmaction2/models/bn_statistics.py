"""Running statistics of batch normalisation: which views they follow, and how they are set exactly."""
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from mmengine.dist import all_reduce, get_rank, get_world_size
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .two_views import two_views

META = "bn_statistics"  # key in the metadata of checkpoints


def bn_layers(module: nn.Module) -> list[_BatchNorm]:
    """The batch normalisation layers with running statistics, ``SyncBatchNorm`` included."""
    return [layer for layer in module.modules() if isinstance(layer, _BatchNorm) and layer.running_mean is not None]


def track_statistics(module: nn.Module, track: bool) -> None:
    """Choose whether forward passes in training mode update the running statistics.

    Outputs and gradients do not depend on it.
    """
    for layer in bn_layers(module):
        layer.track_running_stats = track


def statistics_entry(model: nn.Module, videos: int | None = None) -> dict[str, Any]:
    """What a checkpoint's metadata says about a model's statistics; empty without batch normalisation.

    Args:
        model: a recognizer.
        videos: number of training videos of an exact pass; None: the running average of training.
    """
    if not bn_layers(getattr(model, "backbone", model)):
        return {}
    views = getattr(model, "bn_statistics", "all") if videos is None else "frames"
    return {META: {"views": views, "videos": videos}}


class BatchStatistics:
    """Normalises by the statistics of each batch, as in training, and collects them.

    The layer stays in evaluation mode, so that ``SyncBatchNorm`` does not wait for other processes: before each forward
    pass, the running statistics are set to those of the batch. :meth:`finish` sets them to those of all batches.
    """

    def __init__(self, layer: _BatchNorm) -> None:
        self.layer = layer
        self.sums = torch.zeros(3, layer.num_features, dtype=torch.float64)  # of 1, x and x^2
        self._handle = layer.register_forward_pre_hook(self._collect)

    def _collect(self, layer: nn.Module, args: tuple[Tensor]) -> None:
        x = args[0]
        variance, mean = torch.var_mean(x, [dim for dim in range(x.ndim) if dim != 1], correction=0)
        self.layer.running_mean.copy_(mean)  # type: ignore[union-attr]
        self.layer.running_var.copy_(variance)  # type: ignore[union-attr]
        mean, variance = mean.cpu().double(), variance.cpu().double()
        self.sums += x.numel() // x.shape[1] * torch.stack((torch.ones_like(mean), mean, variance + mean.square()))

    def finish(self) -> None:
        """Set mean and unbiased variance of all inputs, over all processes.

        A layer that the forward pass does not use keeps its statistics.
        """
        self._handle.remove()
        all_reduce(self.sums)
        number = self.sums[0]
        if number[0] < 2:  # a variance needs two values
            return
        mean, square = self.sums[1] / number, self.sums[2] / number
        self.layer.running_mean.copy_(mean)  # type: ignore[union-attr]
        self.layer.running_var.copy_((square - mean.square()) * number / (number - 1))  # type: ignore[union-attr]


@torch.no_grad()
def set_frame_statistics(backbones: Sequence[nn.Module], preprocessor: nn.Module, batches: Iterable[Any],
                         length: int | None = None) -> None:
    """Set the running statistics of encoders to those of the frames of training videos.

    Frames are augmented as in training. Layers normalise by the statistics of the batch, as in training; everything
    else, such as dropout, is in evaluation mode. Layers that training keeps in evaluation mode are left as they are.
    The result is that of one process if process r of R gets the batches r, r + R, and so on.

    Args:
        backbones: encoders; all see the same views.
        preprocessor: data preprocessor of two views.
        batches: batches of a data loader.
        length: cut clips to this number of frames, as :class:`ViDiDiHook` does.
    """
    training = [backbone.training for backbone in backbones]
    for backbone in backbones:
        backbone.train()
    collectors = [BatchStatistics(layer) for backbone in backbones for layer in bn_layers(backbone) if layer.training]
    for backbone in backbones:
        backbone.train(False)
    for number, batch in enumerate(batches):
        for view in frames_of(preprocessor, batch, number * get_world_size() + get_rank()):
            for backbone in backbones:
                backbone(view[:, :, :length].to(next(backbone.parameters()).dtype))
    for collector in collectors:
        collector.finish()
    for backbone, mode in zip(backbones, training, strict=True):
        backbone.train(mode)


def frames_of(preprocessor: nn.Module, batch: Any, number: int) -> tuple[Tensor, Tensor]:
    """The two views of a batch as frames, augmented as in training.

    Args:
        preprocessor: data preprocessor of two views; its state is restored.
        batch: batch of a data loader.
        number: the number of the batch, on which random augmentation depends.
    """
    values = dict(orders=(0, 0), key=(0, number), shard=(0, 1))
    before = {name: getattr(preprocessor, name) for name in values if hasattr(preprocessor, name)}
    vars(preprocessor).update({name: values[name] for name in before})
    try:
        # Without the forward hooks of a training that is going on: ViDiDiHook would differentiate.
        return two_views(preprocessor.forward(batch, True)["inputs"])
    finally:
        vars(preprocessor).update(before)
