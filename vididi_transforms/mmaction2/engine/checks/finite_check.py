"""Stops a training at the first NaN or infinite loss, gradient or weight."""
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_gather_object, all_reduce
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner, find_latest_checkpoint
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from ..runner_utils import optim_wrappers, rank_suffix, shared_seed, unwrap
from .nonfinite_step import STAGES, Finding, Step, find_first, save_step


@HOOKS.register_module()
class CheckFiniteHook(Hook):
    """Stops a run at a NaN or infinite loss or gradient, before the optimizer uses it.

    All ranks stop in the same step. The error names the videos, the seed, the step, the derivative orders, and what was
    first: input, weights, features, loss or gradient. ``nonfinite-step.pt`` in the work dir holds the step's batch,
    inputs and weights; another rank than 0 writes ``nonfinite-step-rank1.pt``, and so on. The last checkpoint stays as
    it is: also the weights are checked after each optimizer step, before a checkpoint is saved.

    | with | what is checked before the optimizer step |
    |---|---|
    | one batch per step | loss and gradients |
    | gradient accumulation | the same; in batches without a step, after the backward pass |
    | AMP with a ``GradScaler`` | the loss; the scaler skips steps with non-finite gradients, which is not an error |

    Args:
        min_loss_scale: under AMP, the run stops when the scaler has halved the loss scale to less than this.

    Raises:
        ValueError: If ``min_loss_scale`` is not positive.
        FloatingPointError: In training, at the first value that is not finite.

    Example (config):
        ``dict(type='CheckFiniteHook')`` in ``default_hooks``, as ``check_finite``

    Source: the minimum loss scale is that of fairseq (``--min-loss-scale``).
    """

    priority = "ABOVE_NORMAL"  # before hooks that change or save weights

    def __init__(self, min_loss_scale: float = 1e-4) -> None:
        if not min_loss_scale > 0:
            raise ValueError(f"min_loss_scale must be > 0: got {min_loss_scale}")
        self.min_loss_scale = min_loss_scale
        self._handles: list[Any] = []
        self._step: Any = None  # a Step, from before_train_iter to after_train_iter
        self._new_weights: Tensor | None = None  # their norm, after an optimizer step

    def before_train(self, runner: Runner) -> None:
        """Attach to the model, its backbone and the optimizers."""
        self._detach()
        self._runner, self._model, self._seed = runner, unwrap(runner.model), shared_seed(runner.seed)
        self._handles = [self._model.register_forward_hook(self._record_losses, with_kwargs=True)]
        if isinstance(backbone := getattr(self._model, "backbone", None), nn.Module):
            self._handles.append(backbone.register_forward_hook(self._record_features))
        self._weights = [weight for weight in self._model.parameters() if weight.requires_grad]
        self._scalers = []
        for wrapper in optim_wrappers(runner.optim_wrapper):
            scaler = getattr(wrapper, "loss_scaler", None)
            self._scalers += [scaler] if scaler is not None and scaler.is_enabled() else []
            if isinstance(wrapper.optimizer, Optimizer):  # DeepSpeed has another
                self._handles += [wrapper.optimizer.register_step_pre_hook(self._before_step),
                                  wrapper.optimizer.register_step_post_hook(self._after_step)]

    def after_train(self, runner: Runner) -> None:
        """Detach."""
        self._detach()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Start the record of a step."""
        self._step, self._new_weights = Step(data_batch), None

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Check the new weights; without an optimizer step, loss and gradients."""
        if self._new_weights is None:
            self._check()
        else:  # RuntimeInfoHook has just read the losses: the device is idle, and this costs next to nothing
            self._stop_unless_finite(self._new_weights, self._weights)
        if any(scaler.get_scale() < self.min_loss_scale for scaler in self._scalers):
            self._stop()
        self._step = None

    def _record_losses(self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if self._step is None or kwargs.get("mode") != "loss" or not isinstance(output, dict):
            return
        self._step.inputs = {name: value for name, value in kwargs.items() if name != "mode"}
        self._step.losses = _detached(output)
        kind = next(iter(self._step.minimised()), torch.empty(0)).device.type
        self._step.autocast = str(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else None

    def _record_features(self, backbone: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if self._step is not None:
            self._step.features.append(_detached(output))

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._step is not None:
            self._check()

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._step is not None:
            self._new_weights = get_total_norm([weight.detach() for weight in self._weights])

    def _check(self) -> None:
        gradients = [] if self._scalers else [weight.grad for weight in self._weights if weight.grad is not None]
        tensors = self._step.minimised() + gradients
        self._stop_unless_finite(get_total_norm(tensors), tensors)

    def _stop_unless_finite(self, norm: Tensor, tensors: list[Tensor]) -> None:
        # The norm is one fast pass. If it is finite, so are all values; if not, finite squares may have overflowed.
        if _on_any_rank(not norm.isfinite()) and _on_any_rank(not all(tensor.isfinite().all() for tensor in tensors)):
            self._stop()

    def _stop(self) -> None:
        found = find_first(self._step, self._model)
        stage = min(all_gather_object(found.stage), key=STAGES.index)
        if found.stage == stage:
            found.saved = self._save(found)
        ranks = all_gather_object(vars(found))  # after this all ranks have saved: the launcher may stop them
        self._detach()
        raise FloatingPointError(self._message(stage, [Finding(**values) for values in ranks]))

    def _save(self, found: Finding) -> str:
        values = dict(first=found.stage, where=found.where, videos=found.videos, **self._key())
        path = Path(self._runner.work_dir, f"nonfinite-step{rank_suffix()}.pt")
        return save_step(path, self._step, self._model, values)

    def _key(self) -> dict[str, Any]:
        orders = next((hook.orders for hook in self._runner.hooks if hasattr(hook, "orders")), None)
        return dict(seed=self._seed, step=self._runner.iter, epoch=self._runner.epoch, orders=orders)

    def _message(self, stage: str, ranks: list[Finding]) -> str:
        key = self._key()
        orders = "" if key["orders"] is None else f", derivative orders {key['orders']}"
        found = "; ".join((f"on rank {rank}, " if len(ranks) > 1 else "") + finding.text()
                          for rank, finding in enumerate(ranks) if finding.stage == stage)
        return (f"losses, gradients and weights must be finite: in step {key['step']}, counted from 0 (seed "
                f"{key['seed']}{orders}), NaN or infinity came first in the {stage}: {found}; last checkpoint: "
                f"{find_latest_checkpoint(self._runner.work_dir) or 'none'}")

    def _detach(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles, self._step = [], None


def _detached(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _detached(child) for name, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_detached(child) for child in value]
    return value.detach() if isinstance(value, Tensor) else value


def _on_any_rank(value: bool) -> bool:
    flag = torch.tensor(float(value))
    all_reduce(flag, "max")
    return bool(flag)
