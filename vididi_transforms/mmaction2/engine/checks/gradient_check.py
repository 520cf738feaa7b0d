"""Names the parameters of the encoder that no loss reaches."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch.optim import Optimizer

from ...models.checkpoint_keys import BACKBONE
from ..runner_utils import optim_wrappers, unwrap
from .nonfinite_step import shortened


@HOOKS.register_module()
class CheckGradientsHook(Hook):
    """Warns of parameters of the encoder that get no gradient in the first optimizer step.

    Such a part of the encoder keeps its initial weights. The log names it once, at the first step of the optimizer:
    with gradient accumulation after the last of its batches, under AMP after the steps that the ``GradScaler`` skips.
    Frozen parameters (``requires_grad=False``) need no gradient. A gradient of zeros is one.

    Args:
        error: stop the run instead.

    Raises:
        RuntimeError: With ``error``, in the first optimizer step.

    Example (config):
        ``dict(type='CheckGradientsHook')`` in ``default_hooks``, as ``check_gradients``
    """

    def __init__(self, error: bool = False) -> None:
        self.error = error
        self._handles: list[Any] = []

    def before_train(self, runner: Runner) -> None:
        """Attach to the optimizers."""
        self._detach()
        self._logger = runner.logger
        self._encoder = [(name, weight) for name, weight in unwrap(runner.model).named_parameters()
                         if name.startswith(BACKBONE)]
        optimizers = [wrapper.optimizer for wrapper in optim_wrappers(runner.optim_wrapper)]
        self._unchecked = {optimizer for optimizer in optimizers if isinstance(optimizer, Optimizer)}
        self._handles = [optimizer.register_step_pre_hook(self._before_step) for optimizer in self._unchecked]

    def after_train(self, runner: Runner) -> None:
        """Detach."""
        self._detach()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Detach after the first step of all optimizers."""
        if not self._unchecked:
            self._detach()

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if optimizer not in self._unchecked:
            return
        self._unchecked.remove(optimizer)
        own = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
        learned = [(name, weight) for name, weight in self._encoder if weight.requires_grad and id(weight) in own]
        without = [name for name, weight in learned if weight.grad is None]
        if without:
            self._report(f"every parameter of the encoder should get a gradient: {len(without)} of {len(learned)} got "
                         f"none in the first optimizer step: {shortened(without)}")

    def _report(self, text: str) -> None:
        if self.error:
            raise RuntimeError(text)
        self._logger.warning(text)

    def _detach(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
