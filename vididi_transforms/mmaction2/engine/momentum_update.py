"""Updates the momentum encoder after each optimizer step."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ..models.two_views import HasMomentumEncoder
from .runner_utils import unwrap


@HOOKS.register_module()
class MomentumUpdateHook(Hook):
    """Updates the momentum encoder of a model after each optimizer step.

    The model is usually a :class:`MomentumRecognizer`. A new run starts with a copy of the online network, whatever
    checkpoint was loaded.

    Raises:
        TypeError: If the model has no momentum encoder.

    Example (config):
        ``dict(type='MomentumUpdateHook')`` in ``default_hooks``, as ``target``

    Source: paper appendix B.3.
    """

    def before_train(self, runner: Runner) -> None:
        """Announce the updates to the model; in a new run, reset the momentum encoder."""
        model = unwrap(runner.model)
        if not isinstance(model, HasMomentumEncoder):
            raise TypeError(f"MomentumUpdateHook needs a MomentumRecognizer: got {type(model).__name__}")
        model.has_update_hook = True
        if runner.iter == 0:
            model.reset_target()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Update after an optimizer step, not where gradients are only accumulated."""
        if runner.optim_wrapper.should_update():
            unwrap(runner.model).update_target(runner.iter / runner.max_iters)
