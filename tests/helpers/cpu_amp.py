"""Mixed precision on the CPU, which mmengine's own wrapper refuses."""
from contextlib import contextmanager

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class CpuAmpOptimWrapper(AmpOptimWrapper):
    """AMP with a GradScaler, in bfloat16 or float16."""

    def __init__(self, init_scale=4.0, dtype="bfloat16", **kwargs):
        OptimWrapper.__init__(self, **kwargs)
        self._scale_update_param, self.loss_scaler = None, torch.amp.GradScaler("cpu", init_scale=init_scale)
        self.cast_dtype = getattr(torch, dtype)

    @contextmanager
    def optim_context(self, model):
        with OptimWrapper.optim_context(self, model), torch.autocast("cpu", self.cast_dtype):
            yield
