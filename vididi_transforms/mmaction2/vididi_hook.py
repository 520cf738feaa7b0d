"""The hook that turns any two-view training into its ViDiDi variant."""
from collections.abc import Iterator
from typing import Any

import torch
from mmengine.dataset import InfiniteSampler
from mmengine.dist import all_gather_object, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ..checks import check_int
from ..derivatives.functional import differentiate_pair, frames_lost, match_length
from ..pairs.pair_selector import PairSelector
from ..pairs.schedules import Schedule, get_schedule
from .engine.runner_utils import data_preprocessor, shared_seed, unwrap
from .models.bn_statistics import statistics_entry
from .models.two_views import ChoosesStatistics, DifferentiatesViews, two_views

STATE = "vididi"  # key in checkpoints


@HOOKS.register_module()
class ViDiDiHook(Hook):
    """Differentiates the two views of a training batch by the paper's Algorithm 1.

    The hook changes the output of the model's data preprocessor, in training only. A tensor ``[B, 2, C, T, H, W]``
    stays a tensor, a list of two ``[B, C, T, H, W]`` stays a list; T becomes ``T - max(order1, order2)``. A
    preprocessor that is a ``DifferentiatesViews`` differentiates the views itself; the hook only sets its ``orders``.
    It also sets the ``orders`` of a :class:`TwoViewRecognizer`, whose batch normalisation statistics follow frames.
    Every batch is one step, also under gradient accumulation. Logs ``vididi_phase`` (index in the schedule's cycle),
    ``vididi_order1`` and ``vididi_order2``.

    Args:
        schedule: a name in ``vididi_transforms.SCHEDULES``, or a dict of the arguments of ``Schedule``.
        seed: seed of the pair selector. None: the Runner's seed, which checkpoints store.
        epoch_length: training steps per epoch of the schedule. None: an epoch of the loop, or, in an
            ``IterBasedTrainLoop``, one pass through the dataset.
        length: number of frames that the encoder sees at every derivative order, for encoders with a fixed input
            length such as transformers with position embeddings. Clips need ``length + max_order`` frames.
        check_ranks: for debugging: in each step all ranks compare their orders.

    Raises:
        ValueError: If the schedule is unknown, or ``epoch_length`` or ``length`` is below 1. In training, if the
            inputs are not two views, a clip is too short for the schedule, a resumed checkpoint was trained with
            another schedule or seed, or the run has two of these hooks.
        TypeError: If ``epoch_length`` or ``length`` is not an int. In training, if the model has no data preprocessor,
            or the preprocessor does not return a dict with ``inputs``.
        RuntimeError: With ``check_ranks``, if the ranks have chosen different orders.

    Example (config):
        ``dict(type='ViDiDiHook')`` in ``custom_hooks``

    Source: paper Algorithm 1.
    """

    def __init__(self, schedule: str | dict[str, Any] | Schedule = "vididi", seed: int | None = None,
                 epoch_length: int | None = None, length: int | None = None, check_ranks: bool = False) -> None:
        self.schedule = get_schedule(schedule)
        for name, value in (("epoch_length", epoch_length), ("length", length)):
            if value is not None:
                check_int(name, value, minimum=1)
        self.seed = seed
        self.epoch_length = epoch_length
        self.length = length
        self.check_ranks = check_ranks
        self.selector = PairSelector(self.schedule, seed or 0)
        self.orders = (0, 0)
        self._preprocessor: nn.Module | None = None
        self._model: nn.Module | None = None
        self._handle: RemovableHandle | None = None
        self._loaded: dict[str, Any] | None = None

    def before_train(self, runner: Runner) -> None:
        """Set the seed, check a resumed run's settings, attach to the data preprocessor."""
        if (number := sum(isinstance(hook, ViDiDiHook) for hook in runner.hooks)) > 1:
            raise ValueError(f"a run can have only one ViDiDiHook: got {number}")
        self.selector = PairSelector(self.schedule, shared_seed(runner.seed if self.seed is None else self.seed))
        if runner.iter > 0:
            self._resume(runner)
        self._preprocessor = data_preprocessor(runner.model)
        if self._preprocessor is None:
            raise TypeError("ViDiDiHook needs a model with a data preprocessor: "
                            f"{type(unwrap(runner.model)).__name__} has none")
        for hook in _attached_hooks(self._preprocessor):  # left by an interrupted training of this model
            hook._detach()
        self._model = unwrap(runner.model)
        self._handle = self._preprocessor.register_forward_hook(self._differentiate, with_kwargs=True)

    def after_train(self, runner: Runner) -> None:
        """Detach from the data preprocessor."""
        self._detach()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Choose and log the derivative orders of this step."""
        epoch = self._epoch(runner)
        self.orders = self.selector.orders(epoch, runner.iter)
        if self.check_ranks:
            _check_same(all_gather_object(self.orders), epoch, runner.iter)
        self._set_orders(self.orders)
        for name, value in (("phase", self.selector.phase(epoch)), ("order1", self.orders[0]),
                            ("order2", self.orders[1])):
            runner.message_hub.update_scalar(f"train/vididi_{name}", value)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Store the selector's state, and which views batch normalisation statistics follow."""
        checkpoint[STATE] = self.selector.state_dict()
        checkpoint["meta"].update(statistics_entry(unwrap(runner.model)))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keep the stored state; ``before_train`` uses it if the run is resumed."""
        self._loaded = checkpoint.get(STATE)

    def _detach(self) -> None:
        if self._handle is not None:
            self._handle.remove()
        self._set_orders((0, 0))

    def _set_orders(self, orders: tuple[int, int]) -> None:
        if isinstance(self._preprocessor, DifferentiatesViews):
            self._preprocessor.orders = orders
        if isinstance(self._model, ChoosesStatistics):
            self._model.orders = orders

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
        done = self._preprocessor.orders if isinstance(self._preprocessor, DifferentiatesViews) else (0, 0)
        frames = min(view.shape[-3] + frames_lost(order) for view, order in zip(views, done, strict=True))
        self._check_length(frames)
        if self.orders == (0, 0) and self.length in (None, frames):
            return inputs
        if done == self.orders:  # by the preprocessor; with unequal orders the views still differ in length
            x1, x2 = match_length(*views, length=self.length)
        else:
            x1, x2 = differentiate_pair(*views, *self.orders, length=self.length)
        # Contiguous, like the preprocessor's output: stock recognizers merge the first two dimensions with view().
        return torch.stack((x1, x2), dim=1).contiguous() if isinstance(inputs, Tensor) else [x1, x2]

    def _check_length(self, frames: int) -> None:
        needed = frames_lost(self.schedule.max_order) + (self.length or 1)
        if frames < needed:
            raise ValueError(f"the schedule takes derivatives up to order {self.schedule.max_order}, so clips need at "
                             f"least {needed} frames: got T={frames}")


def _attached_hooks(preprocessor: nn.Module) -> Iterator[ViDiDiHook]:
    for function in tuple(preprocessor._forward_hooks.values()):
        owner = getattr(function, "__self__", None)
        if isinstance(owner, ViDiDiHook):
            yield owner


def _check_same(chosen: list[tuple[int, int]], epoch: int, step: int) -> None:
    if len(set(chosen)) > 1:
        ranks = {orders: [str(rank) for rank, mine in enumerate(chosen) if mine == orders] for orders in chosen}
        raise RuntimeError(f"all ranks must choose the same orders: in epoch {epoch}, step {step}, counted from 0, got "
                           + "; ".join(f"{orders} on rank {', '.join(number)}" for orders, number in ranks.items()))


def _steps_per_pass(loader: Any) -> int:
    # An InfiniteSampler has the length of the whole dataset, not of this rank's share.
    ranks = get_world_size() if isinstance(loader.sampler, InfiniteSampler) else 1
    return max(len(loader) // ranks, 1)
