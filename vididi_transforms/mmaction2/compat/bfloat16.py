"""Training of MMAction2's classification heads in bfloat16.

MMAction2 1.2.0 computes the accuracy of a training batch with NumPy, which has no bfloat16.
"""
from functools import wraps
from typing import Any

import torch
from torch import Tensor


def install() -> None:
    """Give the heads' ``loss_by_feat`` bfloat16 scores as float32; other scores stay as they are."""
    from mmaction.models.heads import BaseHead  # late: the other repairs come first

    loss_by_feat = BaseHead.loss_by_feat

    @wraps(loss_by_feat)
    def loss_of_scores(head: BaseHead, cls_scores: Tensor, data_samples: Any) -> dict[str, Tensor]:
        scores = cls_scores.float() if cls_scores.dtype == torch.bfloat16 else cls_scores
        losses: dict[str, Tensor] = loss_by_feat(head, scores, data_samples)
        return losses

    BaseHead.loss_by_feat = loss_of_scores
