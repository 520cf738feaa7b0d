"""Hard use: long runs, several runs in one process, other hooks, wrappers, copies at any time."""
import copy
import gc
import io
import pickle
import tracemalloc
from threading import Semaphore, Thread

import pytest
import torch
from hook_runs import Clips, Recorder, StopAt, expected, loader, make_runner
from mmengine.hooks import EMAHook, Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from torch import nn

import vididi_transforms as vt
from vididi_transforms.mmaction2 import ClipPairDataPreprocessor, ViDiDiHook

CLIPS = torch.randint(256, (3, 3, 6, 12, 14), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
VALIDATION = dict(val_dataloader=loader(Clips()), val_cfg=dict())


def hook_of(runner, kind=ViDiDiHook):
    hook, = (hook for hook in runner.hooks if isinstance(hook, kind))
    return hook


def assert_due(seen, schedule="vididi", seed=5, start=0):
    """The model saw the derivatives of Algorithm 1; an epoch has 3 steps."""
    selector = vt.PairSelector(schedule, seed)
    for step, (inputs, index) in enumerate(seen, start):
        due = torch.stack(expected(selector.orders(step // 3, step), index), 1)
        assert torch.equal(inputs, due)


def seen(runner, mode="loss"):
    return [(inputs, index) for what, inputs, index in runner.model.seen if what == mode]


def assert_untouched(pairs):
    assert pairs
    assert all(torch.equal(inputs, Clips().clips[index]) for inputs, index in pairs)


class Forgetful(Recorder):
    def forward(self, inputs, index, mode="tensor"):
        return dict(loss=self.weight**2 + 0 * inputs.mean())


class Memory(Hook):
    """Measures the memory of Python and NumPy without mmengine's history of scalars, and counts tensors."""

    priority = "LOWEST"

    def __init__(self, steps):
        self.steps, self.readings = steps, []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 in self.steps:
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
            scalars = runner.message_hub.log_scalars
            history = {name: h._log_history.nbytes + h._count_history.nbytes for name, h in scalars.items()}
            tensors = sum(isinstance(thing, torch.Tensor) for thing in gc.get_objects())
            self.readings.append((held - sum(history.values()), tensors, history))


@pytest.mark.slow
def test_ten_thousand_steps_use_no_memory_but_mmengines_history(tmp_path):
    """The history has 16 bytes per scalar and step, up to a million steps; three of the scalars are ours."""
    memory = Memory((1000, 10_000))
    quiet = dict(logger=dict(type="LoggerHook", interval=1000), checkpoint=dict(type="CheckpointHook", interval=5000))
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook"), memory], model=Forgetful(), iters=10_000,
                         sampler="InfiniteSampler", default_hooks=quiet)
    tracemalloc.start()
    try:
        runner.train()
    finally:
        tracemalloc.stop()
    (before, tensors, _), (after, tensors_after, history) = memory.readings
    assert after - before < 2**16  # 7 bytes per step: less than one number
    assert tensors_after == tensors
    assert {name: size for name, size in history.items() if "vididi" in name} == dict.fromkeys(
        ("train/vididi_phase", "train/vididi_order1", "train/vididi_order2"), 160_000)


def test_two_hooks_by_mistake(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook"), dict(type="ViDiDiHook", schedule="reverse")])
    with pytest.raises(ValueError, match=r"^a run can have only one ViDiDiHook: got 2$"):
        runner.train()
    assert runner.model.seen == []


def test_runs_one_after_the_other(tmp_path):
    for schedule, seed in (("vididi", 3), ("random-1st-2nd", 4), ("vididi", 5)):
        runner = make_runner(tmp_path, [dict(type="ViDiDiHook", schedule=schedule)], randomness=dict(seed=seed))
        runner.train()
        assert_due(seen(runner), schedule, seed)
    plain = make_runner(tmp_path, [], model=runner.model, epochs=1)
    plain.train()
    assert_untouched(seen(plain)[12:])


class TakeTurns(Hook):
    priority = "VERY_HIGH"

    def __init__(self, mine, others):
        self.mine, self.others = mine, others

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        assert self.mine.acquire(timeout=60)

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.others.release()


def test_two_runs_that_alternate_step_by_step(tmp_path):
    first, second = Semaphore(1), Semaphore(0)
    settings = (("vididi", 3), ("schedule-1st-2nd-mix", 4))
    runners = [make_runner(tmp_path, [dict(type="ViDiDiHook", schedule=schedule), TakeTurns(*turns)],
                           randomness=dict(seed=seed))
               for (schedule, seed), turns in zip(settings, ((first, second), (second, first)), strict=True)]
    threads = [Thread(target=runner.train) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    for runner, (schedule, seed) in zip(runners, settings, strict=True):
        assert len(seen(runner)) == 12
        assert_due(seen(runner), schedule, seed)


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("copied", [lambda model: model, copy.deepcopy, pickled], ids=["itself", "deepcopy", "pickled"])
def test_a_new_run_on_the_model_of_an_interrupted_one(tmp_path, copied):
    model = Recorder()
    with pytest.raises(KeyboardInterrupt):
        make_runner(tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st-2nd"), StopAt(1)], model=model).train()
    model = copied(model)
    assert len(model.data_preprocessor._forward_hooks) == 1
    model.seen.clear()
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")], model=model)
    runner.train()
    assert_due(seen(runner))
    assert not model.data_preprocessor._forward_hooks


@pytest.mark.parametrize("loop", [dict(epochs=4), dict(iters=12, sampler="InfiniteSampler")])
def test_validation_in_between_changes_nothing(tmp_path, loop):
    dump = dict(type="DumpResults", out_file_path=str(tmp_path / "out.pkl"))
    cfg = (dict(by_epoch=True, max_epochs=4, val_interval=1) if "epochs" in loop else
           dict(by_epoch=False, max_iters=12, val_interval=2))
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")], **loop, val_evaluator=dump, **VALIDATION)
    runner._train_loop = cfg
    runner.train()
    assert len(seen(runner)) == 12
    assert_due(seen(runner))
    assert len(seen(runner, "predict")) == 3 * (4 if "epochs" in loop else 6)
    assert_untouched(seen(runner, "predict"))


class Learner(Recorder):
    """Has a weight that falls from 1, and records its value in validation."""

    def __init__(self):
        super().__init__()
        nn.init.ones_(self.weight)
        self.validated = []

    def forward(self, inputs, index, mode="tensor"):
        if mode == "predict":
            self.validated.append(self.weight.item())
        return super().forward(inputs, index, mode)


def test_together_with_mmengines_moving_average(tmp_path):
    dump = dict(type="DumpResults", out_file_path=str(tmp_path / "out.pkl"))
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook"), dict(type="EMAHook", momentum=0.1)], model=Learner(),
                         optim_wrapper=dict(optimizer=dict(type="SGD", lr=0.1)), val_evaluator=dump, **VALIDATION)
    runner.train()
    assert_due(seen(runner))
    averaged, weights = hook_of(runner, EMAHook).ema_model.module, [0.8**step for step in range(13)]
    average = weights[1]  # mmengine's first update copies
    for step, weight in enumerate(weights[2:], start=2):
        average += 0.1 * (weight - average)
        if step % 3 == 0:
            assert runner.model.validated[step - 1] == pytest.approx(average)  # 3 batches at the end of an epoch of 3
    assert averaged.weight.item() == pytest.approx(average)
    assert runner.model.weight.item() == pytest.approx(weights[-1])
    batch = dict(inputs=Clips().clips, index=torch.arange(12))
    assert torch.equal(averaged.data_preprocessor(batch, True)["inputs"], batch["inputs"])


@pytest.fixture
def one_process_of_a_group(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "0")
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_in_mmengines_wrapper_with_accumulated_gradients(tmp_path, one_process_of_a_group):
    runner = make_runner(
        tmp_path, [dict(type="ViDiDiHook")], model=Learner(), launcher="pytorch",
        cfg=dict(model_wrapper_cfg=dict(type="MMDistributedDataParallel", device_ids=None)),
        optim_wrapper=dict(optimizer=dict(type="SGD", lr=0.1), accumulative_counts=4))
    runner.train()
    assert is_model_wrapper(runner.model)
    runner.model = runner.model.module
    assert_due(seen(runner))
    assert runner.model.weight.item() == pytest.approx(0.8**3)
    assert not runner.model.data_preprocessor._forward_hooks


# Copies

def saved(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)  # from memory, of this test


COPIES = pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled, saved])


@COPIES
def test_copies_of_selector_and_augmentation_are_the_same(copied):
    selector = vt.PairSelector("random-1st-2nd", seed=7)
    selector.orders(3, 14)
    other = copied(selector)
    assert other.state_dict() == selector.state_dict()
    assert [other.orders(0, step) for step in range(50)] == [selector.orders(0, step) for step in range(50)]
    augment = vt.ClipAugment(size=8, seed=3, contrast_mean="frame")
    params = augment.draw(CLIPS.shape, 1)
    twin, same = copied(augment), copied(params)
    for mine, theirs in ((params, same), (params, twin.draw(CLIPS.shape, 1))):
        assert all(torch.equal(a, b) for a, b in zip(vars(mine).values(), vars(theirs).values(), strict=True))
    assert torch.equal(twin(CLIPS, same, orders=(1,))[0], augment(CLIPS, params, orders=(1,))[0])


@COPIES
def test_copies_of_the_preprocessor_are_the_same(copied):
    preprocessor = ClipPairDataPreprocessor(**NORM, augment=dict(p_blur=1.0))
    preprocessor.orders, preprocessor.key = (1, 2), (3, 4)
    twin = copied(preprocessor)
    views, others = (p(dict(inputs=CLIPS[:, None].expand(-1, 2, -1, -1, -1, -1)), True)["inputs"]
                     for p in (preprocessor, twin))
    assert all(torch.equal(view, other) for view, other in zip(views, others, strict=True))


class CopyAt(Hook):
    """Copies the ViDiDiHook in the middle of training."""

    def __init__(self, step, copied):
        self.step, self.copied = step, copied

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == self.step:
            self.copy = self.copied(hook_of(runner))
            self.copy.after_train(runner)  # detaches the copy from its own preprocessor


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled, saved])
def test_copies_of_the_hook_work_and_do_not_change_it(tmp_path, copied):
    """Copied before, during and after training."""
    hook, middle = ViDiDiHook("reverse"), CopyAt(4, copied)
    before = copied(hook)
    runner = make_runner(tmp_path, [hook, middle])
    runner.train()
    assert_due(seen(runner), "reverse")
    for other in (before, middle.copy, copied(hook), HOOKS.build(dict(type="ViDiDiHook", schedule="reverse"))):
        runner = make_runner(tmp_path, [other])
        runner.train()
        assert_due(seen(runner), "reverse")


def test_the_config_of_a_runner_can_be_copied_and_used_again(tmp_path):
    hooks = [dict(type="ViDiDiHook", schedule=dict(cycle=[[0, 1], [[0, 2], 1]], p_extra=0.5))]
    again = copy.deepcopy(hooks)
    for _ in range(2):
        runner = make_runner(tmp_path, hooks)
        runner.train()
        assert_due(seen(runner), hooks[0]["schedule"])
        assert hooks == again
