"""Data loaders with which a training cannot work are an error before the first epoch.

With ``drop_last``, MMEngine trains nothing and exits with code 0 if a batch is larger than the list of videos. Batch
normalisation fails at the end of an epoch whose last batch is one video.
"""
from collections.abc import Iterator
from functools import wraps
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import IterableDataset


def install() -> None:
    """Let every ``Runner`` call :func:`check_batches` when it has built its training loop.

    Hooks would come too late: the learning rate schedule fails before them if an epoch has no steps.
    """
    build = Runner.build_train_loop

    @wraps(build)
    def build_and_check(runner: Runner, loop: Any) -> Any:
        built = build(runner, loop)
        check_batches(runner, built.dataloader)
        return built

    Runner.build_train_loop = build_and_check


def check_batches(runner: Runner, loader: Any) -> None:
    """Raise if an epoch has no batch, or if a training on two views cannot use the batches.

    Args:
        runner: the run. It trains on two views if it has a ``ViDiDiHook``, or a head with a projector.
        loader: data loader of the training.

    Raises:
        ValueError: If an epoch has no batch. On two views, if a batch of one video meets batch normalisation of
            vectors, or a dataset repeats videos within a batch.
    """
    if loader.batch_size is None or isinstance(loader.dataset, IterableDataset):  # batches of unknown number or size
        return
    samples, infinite = len(loader.sampler), isinstance(loader.sampler, InfiniteSampler)
    found = (f"got {samples} training videos per process, train_dataloader.batch_size={loader.batch_size} and "
             f"drop_last={loader.drop_last}")
    if len(loader) == 0 and not infinite:
        raise ValueError(f"an epoch needs at least one batch: {found}")
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    if not _trains_on_two_views(runner, model):
        return
    if any(type(dataset).__name__ == "RepeatAugDataset" for dataset in _datasets(loader.dataset)):
        raise ValueError("training on two views needs each video once in a batch, because the objective compares "
                         "the videos of a batch: got RepeatAugDataset; use VideoDataset")
    rest = 0 if loader.drop_last or infinite else samples % loader.batch_size
    if (rest or loader.batch_size) == 1 and any(isinstance(module, nn.BatchNorm1d) for module in model.modules()):
        raise ValueError("batch normalisation in the projector needs at least two videos in each batch, also in the "
                         f"last one of an epoch: {found}; set drop_last=True or another batch_size")


def _trains_on_two_views(runner: Runner, model: nn.Module) -> bool:
    return (any(hasattr(hook, "orders") for hook in runner.hooks)
            or hasattr(getattr(model, "cls_head", None), "projector"))


def _datasets(dataset: Any) -> Iterator[Any]:
    """A dataset and those that it wraps."""
    yield dataset
    for inner in (getattr(dataset, "dataset", None), *getattr(dataset, "datasets", ())):
        if inner is not None:
            yield from _datasets(inner)
