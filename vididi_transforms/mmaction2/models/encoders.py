"""Inputs and outputs of encoders: clips and pictures, stages and pathways."""
from typing import Any

from mmaction.models.backbones import ResNet3dSlowFast
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...objectives.embeddings import shapes


def encode(encoder: nn.Module, clips: Tensor) -> Any:
    """The last stage of an encoder's outputs for clips ``[B, C, T, H, W]``.

    Raises:
        ValueError: If an output does not have one row per clip.
    """
    outputs = last_stage(encoder, encoder(clips))
    parts = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if any(isinstance(part, Tensor) and part.shape[:1] != clips.shape[:1] for part in parts):
        raise ValueError(f"an encoder must return one row per clip: got {shapes(outputs)} from {tuple(clips.shape)}")
    return outputs


def last_stage(encoder: nn.Module, outputs: Any) -> Any:
    """An encoder's outputs without those of earlier stages.

    The entries of a list or tuple are stages if there are as many as in the encoder's ``out_indices`` or
    ``out_scales``, or if there is only one. Otherwise they are pathways, as in SlowFast, and all of them are kept.

    Example:
        >>> import torch
        >>> swin = nn.Module()
        >>> swin.out_indices = (2, 3)
        >>> last_stage(swin, (torch.zeros(1, 384, 4, 4, 4), torch.zeros(1, 768, 4, 2, 2))).shape
        torch.Size([1, 768, 4, 2, 2])
    """
    if not isinstance(outputs, (list, tuple)) or not outputs:
        return outputs
    stages = getattr(encoder, "out_indices", getattr(encoder, "out_scales", None))
    number = len(stages) if isinstance(stages, (list, tuple)) else 1
    return outputs[-1] if len(outputs) in (1, number) else outputs


def check_clips(encoder: nn.Module) -> None:
    """Let an encoder raise a ValueError that says what to do for clips that it cannot take.

    These are all clips if it is 2-D, and numbers of frames for which SlowFast cannot join its pathways.
    """
    if isinstance(encoder, ResNet3dSlowFast):
        encoder.register_forward_pre_hook(_check_frames)
    if (first := next((layer for layer in encoder.modules() if isinstance(layer, nn.Conv2d)), None)) is not None:
        first.register_forward_pre_hook(_check_pictures)


def _check_frames(encoder: ResNet3dSlowFast, args: tuple[Tensor]) -> None:
    frames, rate, ratio = args[0].shape[2], encoder.resample_rate, encoder.speed_ratio
    slow, fast = frames // rate, frames // (rate // ratio)
    if not slow or (encoder.slow_path.lateral and slow * ratio != fast):
        raise ValueError(f"SlowFast with resample_rate={rate}, speed_ratio={ratio} needs clips of a multiple of {rate} "
                         f"frames: got T={frames}; ViDiDiHook(length={max(slow, 1) * rate}) gives this number at every "
                         "derivative order")


def _check_pictures(layer: nn.Conv2d, args: tuple[Tensor]) -> None:
    if args[0].ndim == 5:
        raise ValueError(f"a 2-D encoder takes pictures [B, C, H, W]: got clips {tuple(args[0].shape)}; FrameEncoder "
                         "applies it to each frame: backbone=dict(type='FrameEncoder', encoder=dict(type=...))")


@MODELS.register_module()
class FrameEncoder(BaseModule):
    """Applies a 2-D encoder to each frame of a clip.

    Args:
        encoder: config of the 2-D encoder, such as ``ResNet`` or ``ResNetTSM``.
        init_cfg: as in mmengine's ``BaseModule``.

    Shape:
        ``[B, C, T, H, W]`` to ``[B, D, T, h, w]``, from the encoder's ``[B * T, C, H, W]`` to ``[B * T, D, h, w]``.

    Raises:
        ValueError: If the encoder shifts features between ``num_segments`` frames, and a clip has another number.
        TypeError: If the encoder does not return maps ``[B * T, D, h, w]``.

    Example:
        >>> import torch
        >>> FrameEncoder(dict(type="mmaction.ResNet", depth=18))(torch.zeros(1, 3, 8, 32, 32)).shape
        torch.Size([1, 512, 8, 1, 1])
    """

    def __init__(self, encoder: dict[str, Any], init_cfg: dict[str, Any] | None = None) -> None:
        super().__init__(init_cfg)
        self.encoder = MODELS.build(encoder)

    def forward(self, clips: Tensor) -> Tensor:
        """Feature maps of clips ``[B, C, T, H, W]``."""
        frames = clips.shape[2]
        segments = getattr(self.encoder, "num_segments", frames)
        if segments != frames:
            raise ValueError(f"{type(self.encoder).__name__} with num_segments={segments} needs clips of as many "
                             f"frames: got T={frames}; ViDiDiHook(length={segments}) gives this number at every "
                             "derivative order")
        maps = last_stage(self.encoder, self.encoder(clips.transpose(1, 2).flatten(0, 1)))
        if not isinstance(maps, Tensor) or maps.ndim != 4:
            raise TypeError("FrameEncoder needs a 2-D encoder that returns maps [B * T, D, h, w]: got "
                            f"{type(maps).__name__} {shapes(maps)}")
        return maps.unflatten(0, (-1, frames)).transpose(1, 2)
