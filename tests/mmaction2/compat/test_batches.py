"""Data loaders with which a training cannot work are an error before the first epoch."""
from types import SimpleNamespace

import pytest
from hook_runs import Clips, Recorder, loader, make_runner
from mmaction.datasets import RepeatAugDataset
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, DistributedSampler, IterableDataset, SequentialSampler

from vididi_transforms.mmaction2 import SimCLRHead, ViDiDiHook
from vididi_transforms.mmaction2.compat.batches import check_batches

VIDIDI = [dict(type="ViDiDiHook")]
FOUND = "got {} training videos per process, train_dataloader.batch_size={} and drop_last={}"
NO_BATCH = "an epoch needs at least one batch: " + FOUND
ONE = ("batch normalisation in the projector needs at least two videos in each batch, also in the last one of an "
       f"epoch: {FOUND}; set drop_last=True or another batch_size")


class Normalised(Recorder):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2)


def run(tmp_path, hooks=VIDIDI, model=None, sampler="DefaultSampler", iters=None, **settings):
    """A run on 12 videos."""
    return make_runner(tmp_path, hooks, model=model, iters=iters,
                       train_dataloader=loader(Clips(), sampler) | settings)


@pytest.mark.parametrize("hooks", [VIDIDI, []])
@pytest.mark.parametrize("schedule", [
    None, dict(type="CosineAnnealingLR", T_max=4, by_epoch=True, convert_to_iter_based=True)])
def test_a_batch_larger_than_the_list(tmp_path, hooks, schedule):
    runner = run(tmp_path, hooks, batch_size=13, drop_last=True)
    runner.param_schedulers = schedule
    with pytest.raises(ValueError, match=f"^{NO_BATCH.format(12, 13, True)}$"):
        runner.train()


def test_a_recipe_with_a_batch_larger_than_the_list(tiny):
    tiny.train_dataloader.batch_size = 17
    with pytest.raises(ValueError, match=f"^{NO_BATCH.format(16, 17, True)}$"):
        Runner.from_cfg(tiny).train()


@pytest.mark.parametrize(("settings", "found"), [(dict(batch_size=11), (12, 11, False)),
                                                 (dict(batch_size=1, drop_last=True), (12, 1, True))])
def test_a_batch_of_one_video(tmp_path, settings, found):
    runner = run(tmp_path, model=Normalised(), **settings)
    with pytest.raises(ValueError, match=f"^{ONE.format(*found)}$"):
        runner.train()
    assert runner.model.seen == []


@pytest.mark.parametrize(("settings", "hooks", "model"), [
    (dict(batch_size=11, drop_last=True), VIDIDI, Normalised), (dict(batch_size=10), VIDIDI, Normalised),
    (dict(batch_size=13), VIDIDI, Normalised), (dict(batch_size=11), VIDIDI, Recorder),
    (dict(batch_size=11), [], Normalised),  # supervised, on maps perhaps
    (dict(batch_size=11, sampler="InfiniteSampler", iters=2), VIDIDI, Normalised),
    (dict(batch_size=13, sampler="InfiniteSampler", iters=2, drop_last=True), VIDIDI, Normalised)])
def test_these_batches_train(tmp_path, settings, hooks, model):
    runner = run(tmp_path, hooks, model(), **settings)
    runner.train()
    assert len(runner.model.seen) == runner.max_iters > 0


def check(data, hooks=(), head=None, **settings):
    model = Normalised()
    model.cls_head = head
    check_batches(SimpleNamespace(model=model, hooks=hooks), DataLoader(data, **settings))


def test_each_process_has_its_own_last_batch():
    """25 videos are 13 for each of two processes."""
    data = range(25)
    sampler = DistributedSampler(data, num_replicas=2, rank=0)
    with pytest.raises(ValueError, match=ONE.format(13, 12, False)):
        check(data, [ViDiDiHook()], batch_size=12, sampler=sampler)
    with pytest.raises(ValueError, match=NO_BATCH.format(13, 14, True)):
        check(data, batch_size=14, sampler=sampler, drop_last=True)
    check(data, [ViDiDiHook()], batch_size=24, sampler=sampler)


def test_a_head_with_a_projector_trains_on_two_views():
    with pytest.raises(ValueError, match=ONE.format(3, 2, False)):
        check(range(3), head=SimCLRHead(4), batch_size=2)
    check(range(3), batch_size=2)


def test_a_dataset_that_repeats_videos():
    inner = object.__new__(RepeatAugDataset)
    wrapped = SimpleNamespace(datasets=[range(3), SimpleNamespace(dataset=inner)], __len__=lambda: 4)
    message = ("training on two views needs each video once in a batch, because the objective compares the videos of "
               "a batch: got RepeatAugDataset; use VideoDataset")
    with pytest.raises(ValueError, match=f"^{message}$"):
        check(wrapped, [ViDiDiHook()], batch_size=2, sampler=range(4))
    check(wrapped, batch_size=2, sampler=range(4))


def test_batches_of_a_batch_sampler_are_not_checked():
    check(range(3), [ViDiDiHook()], batch_sampler=BatchSampler(SequentialSampler(range(3)), 2, drop_last=False))


def test_a_stream_of_videos_is_not_checked():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(3))

    check(Stream(), [ViDiDiHook()], batch_size=1)
