"""Updates the momentum encoder after each optimizer step."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from .runner_utils import unwrap


@HOOKS.register_module()
class MomentumUpdateHook(Hook):
    """Lets the target of :class:`MomentumRecognizer` follow after each step of the optimiser.

    A new run starts with the target as a copy of the online network, whatever was loaded.

    Raises:
        TypeError: the model has no target.

    Example (config):
        ``dict(type='MomentumUpdateHook')`` in ``default_hooks``, as ``target``

    Source: paper appendix B.3.
    """

    def before_train(self, runner: Runner) -> None:
        """Let the model know that its target will follow."""
        model = unwrap(runner.model)
        if not hasattr(model, "update_target"):
            raise TypeError(f"MomentumUpdateHook needs a MomentumRecognizer: got {type(model).__name__}")
        model.target_follows = True
        if runner.iter == 0:
            model.reset_target()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Step k of K is over; a batch whose gradient is only accumulated is none."""
        if runner.optim_wrapper.should_update():
            unwrap(runner.model).update_target(runner.iter / runner.max_iters)
