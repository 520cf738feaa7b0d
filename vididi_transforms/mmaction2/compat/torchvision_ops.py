"""``mmcv._ext`` of torchvision's operators, for mmcv-lite, which has none.

MMAction2's detectors need RoIAlign with average pooling, and NMS. Every other operator raises an error when called.
"""
from typing import Any, NoReturn

import torch
from torch import Tensor
from torchvision import ops


def roi_align_forward(input: Tensor, rois: Tensor, output: Tensor, argmax_y: Tensor, argmax_x: Tensor, *,
                      aligned_height: int, aligned_width: int, spatial_scale: float, sampling_ratio: int,
                      pool_mode: int, aligned: bool) -> None:
    """mmcv's ``roi_align_forward``: writes ``[R, C, h, w]`` into ``output``.

    Raises:
        NotImplementedError: If ``pool_mode`` is 0 (max), which torchvision does not have.
    """
    _only_average(pool_mode)
    size = (aligned_height, aligned_width)
    output.copy_(ops.roi_align(input.to(rois.dtype), rois, size, spatial_scale, sampling_ratio, aligned))


def roi_align_backward(grad_output: Tensor, rois: Tensor, argmax_y: Tensor, argmax_x: Tensor, grad_input: Tensor, *,
                       aligned_height: int, aligned_width: int, spatial_scale: float, sampling_ratio: int,
                       pool_mode: int, aligned: bool) -> None:
    """mmcv's ``roi_align_backward``: writes ``[B, C, H, W]`` into ``grad_input``.

    Like the forward pass, it is computed in the precision of the boxes, because under AMP that of the maps is lower.
    """
    _only_average(pool_mode)
    grad_input.copy_(torch.ops.torchvision._roi_align_backward(
        grad_output.to(rois.dtype), rois, spatial_scale, aligned_height, aligned_width, *grad_input.shape,
        sampling_ratio, aligned))


def nms(boxes: Tensor, scores: Tensor, *, iou_threshold: float, offset: int) -> Tensor:
    """mmcv's ``nms``: indices of the kept boxes, best first.

    With ``offset`` 1, a box includes its last pixel.
    """
    far_corner = boxes.new_tensor([0, 0, offset, offset])
    return ops.nms(boxes + far_corner, scores, iou_threshold)


def get_compiler_version() -> str:
    """The answer of ``mmcv.ops.get_compiler_version``."""
    return "none: operators of torchvision"


def get_compiling_cuda_version() -> str:
    """The answer of ``mmcv.ops.get_compiling_cuda_version``."""
    return "none: operators of torchvision"


def missing_operator(name: str) -> Any:
    """A function that raises an error, because torchvision has no operator ``name``."""

    def operator(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"the mmcv operator '{name}' has no replacement in torchvision, and this mmcv was built without "
            "operators: install mmcv 2.1.0 with operators (pip uninstall mmcv-lite; mim install mmcv==2.1.0)")

    operator.__name__ = name
    return operator


def _only_average(pool_mode: int) -> None:
    if pool_mode != 1:
        missing_operator("roi_align with pool_mode='max'")()
