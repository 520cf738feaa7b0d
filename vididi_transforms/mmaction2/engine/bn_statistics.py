"""Sets batch normalisation statistics exactly, at the end of training and before validations."""
import time
from typing import Any

from mmengine.hooks import EMAHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...checks import check_int
from ..datasets.fixed_batches import fixed_batches
from ..datasets.samplers import seeded
from ..models.bn_statistics import bn_layers, set_frame_statistics, statistics_entry
from ..models.two_views import ChoosesStatistics
from .runner_utils import unwrap


@HOOKS.register_module()
class BNStatisticsHook(Hook):
    """Sets the running statistics of the encoder's batch normalisation to those of frames.

    After the last training step and before the last checkpoint is saved, or before each validation, the encoder gets
    frames of training videos, augmented as in training. Mean and variance are set to those over all these videos with
    the current weights ("precise BN"). They are the same for any number of processes with the same batch size per
    process. Random numbers and samples of the training do not change. The log says how long the pass took.
    ``meta['bn_statistics']`` of a checkpoint says which statistics it has.

    Does nothing if the model is not a :class:`TwoViewRecognizer`, if it has ``bn_statistics='all'``, or if the encoder
    has no batch normalisation.

    Args:
        videos: number of training videos, all if there are fewer. By default 256 batches of 64.
        at_end: set the statistics after the last training step.
        at_val: set them before each validation during training.

    Raises:
        TypeError: If ``videos`` is not an int.
        ValueError: If ``videos`` is below 1. In training, if the run has an ``EMAHook`` that does not average buffers.

    Example (config):
        ``dict(type='BNStatisticsHook')`` in ``default_hooks``, as ``bn_statistics``

    Source: Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3; SlowFast's ``BN.USE_PRECISE_STATS``.
    """

    priority = "LOW"  # after MomentumUpdateHook and EMAHook, before CheckpointHook

    def __init__(self, videos: int = 16384, at_end: bool = True, at_val: bool = False) -> None:
        check_int("videos", videos, minimum=1)
        self.videos = videos
        self.at_end = at_end
        self.at_val = at_val
        self._models: list[Any] = []  # in training, if there is something to do
        self._exact: int | None = None  # number of videos, as long as the weights are those of the last pass

    def before_train(self, runner: Runner) -> None:
        """Look up the model, and mmengine's average of it if there is one."""
        self._models, self._exact = [], None
        model = unwrap(runner.model)
        wanted = isinstance(model, ChoosesStatistics) and model.bn_statistics == "frames"
        if wanted and bn_layers(model.backbone):
            averages = [hook.ema_model for hook in runner.hooks if isinstance(hook, EMAHook)]
            if not all(average.update_buffers for average in averages):
                raise ValueError("BNStatisticsHook needs EMAHook(update_buffers=True), so that weights and statistics "
                                 "of the average stay together: got update_buffers=False")
            self._models = [model, *(average.module for average in averages)]

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Set the statistics after the last step."""
        self._exact = None
        if self.at_end and self.is_last_train_iter(runner):
            self._set(runner)

    def before_val_epoch(self, runner: Runner) -> None:
        """Set the statistics before a validation."""
        if self.at_val:
            self._set(runner)

    def after_train(self, runner: Runner) -> None:
        """Leave later validations as they are."""
        self._models = []

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Note which statistics the checkpoint has."""
        checkpoint["meta"].update(statistics_entry(unwrap(runner.model), self._exact))

    def _set(self, runner: Runner) -> None:
        if not self._models or self._exact:
            return
        start = time.perf_counter()
        length = next((getattr(hook, "length", None) for hook in runner.hooks if hasattr(hook, "orders")), None)
        with seeded(0, 0, 0):
            batches, self._exact = fixed_batches(runner.train_dataloader, self.videos)
            set_frame_statistics([model.backbone for model in self._models], self._models[0].data_preprocessor,
                                 batches, length)
        runner.logger.info(f"BatchNorm statistics of the frames of {self._exact} videos set in "
                           f"{time.perf_counter() - start:.1f} s")
