"""The second of the two lines: turns any two-view training into its ViDiDi variant."""
from typing import Any

import torch
from mmengine.dataset import InfiniteSampler
from mmengine.dist import all_gather_object, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import Tensor, nn

from ..derivatives.functional import differentiate_pair, match_length
from ..pairs.pair_selector import PairSelector
from ..pairs.schedules import Schedule, get_schedule
from .engine.runner_utils import data_preprocessor, shared_seed
from .models.two_views import two_views

STATE = "vididi"  # key in the checkpoint


@HOOKS.register_module()
class ViDiDiHook(Hook):
    """Differentiates the two views that the data preprocessor returns in training, by Algorithm 1 of the paper.

    Validation and testing are untouched. A stacked ``[B, 2, C, T, H, W]`` stays one tensor, a list of two
    ``[B, C, T, H, W]`` stays a list; T becomes ``T - max(order1, order2)``. Each batch that the model sees is one
    step, also under gradient accumulation. Logged: ``vididi_phase`` (index in the schedule's cycle),
    ``vididi_order1``, ``vididi_order2``.

    Args:
        schedule: a name in ``vididi_transforms.SCHEDULES``, or a dict of the arguments of ``Schedule``.
        seed: of the selector; None takes the Runner's, which is stored in checkpoints.
        epoch_length: training steps of one epoch of the schedule; None takes the loop's epoch, or, in an
            ``IterBasedTrainLoop``, once through the data set.
        length: frames of what the encoder sees, for encoders that need the same number for every order (such as
            transformers with position embeddings); the clips must have as many frames more as the highest order.
        check_ranks: for finding faults: in each step all processes compare the orders that they have chosen.

    Raises:
        ValueError: in training, if the inputs are not two views, a clip is too short for the schedule, a resumed
            checkpoint was trained with another schedule or seed, or there are two of these hooks.
        TypeError: the model has no data preprocessor, or its output is not known.
        RuntimeError: with ``check_ranks``, the processes have chosen different orders.

    Example (config):
        ``dict(type='ViDiDiHook')`` in ``custom_hooks``

    Source: paper Algorithm 1.
    """

    def __init__(self, schedule: str | dict[str, Any] | Schedule = "vididi", seed: int | None = None,
                 epoch_length: int | None = None, length: int | None = None, check_ranks: bool = False) -> None:
        self.schedule = get_schedule(schedule)
        for name, value in (("epoch_length", epoch_length), ("length", length)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be an integer >= 1: got {value!r}")
        self.seed = seed
        self.epoch_length = epoch_length
        self.length = length
        self.check_ranks = check_ranks
        self.selector = PairSelector(self.schedule, seed or 0)
        self.orders = (0, 0)
        self._preprocessor: Any = None
        self._loaded: dict[str, Any] | None = None

    def before_train(self, runner: Runner) -> None:
        """Take the seed, check that a resumed run is the same one, and attach to the data preprocessor."""
        if (number := sum(isinstance(hook, ViDiDiHook) for hook in runner.hooks)) > 1:
            raise ValueError(f"a run has one ViDiDiHook: got {number}")
        self.selector = PairSelector(self.schedule, shared_seed(runner.seed if self.seed is None else self.seed))
        if runner.iter > 0:
            self._resume(runner)
        self._preprocessor = data_preprocessor(runner.model)
        self.after_train(runner)  # an earlier training of this model may have been interrupted
        self._preprocessor.vididi_handle = self._preprocessor.register_forward_hook(self._differentiate,
                                                                                    with_kwargs=True)

    def after_train(self, runner: Runner) -> None:
        """Detach."""
        if hasattr(self._preprocessor, "vididi_handle"):
            self._preprocessor.vididi_handle.remove()
        if hasattr(self._preprocessor, "orders"):
            self._preprocessor.orders = (0, 0)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Choose the orders of this step and log them."""
        epoch = self._epoch(runner)
        self.orders = self.selector.orders(epoch, runner.iter)
        if self.check_ranks:
            _check_same(all_gather_object(self.orders), epoch, runner.iter)
        if hasattr(self._preprocessor, "orders"):  # a ClipPairDataPreprocessor differentiates itself
            self._preprocessor.orders = self.orders
        for name, value in (("phase", self.selector.phase(epoch)), ("order1", self.orders[0]),
                            ("order2", self.orders[1])):
            runner.message_hub.update_scalar(f"train/vididi_{name}", value)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Store the selector's state."""
        checkpoint[STATE] = self.selector.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep the state; it counts only if training goes on from it."""
        self._loaded = checkpoint.get(STATE)

    def _resume(self, runner: Runner) -> None:
        if self._loaded is None:
            runner.logger.warning(f"ViDiDiHook: resumed at step {runner.iter} from a checkpoint that was trained "
                                  "without it; ViDiDi starts here")
        else:
            self.selector.load_state_dict(self._loaded)

    def _epoch(self, runner: Runner) -> int:
        if self.epoch_length is None and not isinstance(runner.train_loop, IterBasedTrainLoop):
            return runner.epoch
        return runner.iter // (self.epoch_length or _steps_per_pass(runner.train_dataloader))

    def _differentiate(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        training = args[1] if len(args) > 1 else kwargs.get("training", False)
        if not training:
            return output
        if not isinstance(output, dict) or "inputs" not in output:
            keys = f" with {', '.join(map(str, output))}" if isinstance(output, dict) else ""
            raise TypeError("ViDiDiHook needs a data preprocessor that returns a dict with 'inputs': got "
                            f"{type(output).__name__}{keys}")
        return {**output, "inputs": self._differentiate_inputs(output["inputs"])}

    def _differentiate_inputs(self, inputs: Any) -> Tensor | list[Tensor]:
        views = two_views(inputs)
        done = getattr(self._preprocessor, "orders", (0, 0))
        frames = min(view.shape[-3] + order for view, order in zip(views, done, strict=True))
        needed = self.schedule.max_order + (self.length or 1)
        if frames < needed:
            raise ValueError(f"the schedule takes derivatives up to order {self.schedule.max_order}, so clips need at "
                             f"least {needed} frames: got T={frames}")
        if self.orders == (0, 0) and self.length in (None, frames):
            return inputs
        if done == self.orders:  # by the preprocessor; of unequal orders the lengths differ still
            x1, x2 = match_length(*views, length=self.length)
        else:
            x1, x2 = differentiate_pair(*views, *self.orders, length=self.length)
        # Contiguous as the preprocessor's output: stock recognizers merge the first two dimensions with view().
        return torch.stack((x1, x2), dim=1).contiguous() if isinstance(inputs, Tensor) else [x1, x2]


def _check_same(chosen: list[tuple[int, int]], epoch: int, step: int) -> None:
    if len(set(chosen)) > 1:
        ranks = {orders: [str(rank) for rank, mine in enumerate(chosen) if mine == orders] for orders in chosen}
        raise RuntimeError(f"all ranks must choose the same orders: in epoch {epoch}, step {step}, counted from 0, got "
                           + "; ".join(f"{orders} on rank {', '.join(number)}" for orders, number in ranks.items()))


def _steps_per_pass(loader: Any) -> int:
    # The length of an InfiniteSampler is the whole data set's, not this rank's part of it.
    ranks = get_world_size() if isinstance(loader.sampler, InfiniteSampler) else 1
    return max(len(loader) // ranks, 1)
