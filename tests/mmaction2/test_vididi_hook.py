"""ViDiDiHook in stock loops: the model sees the derivatives of Algorithm 1."""
import copy

import pytest
import torch
from hook_runs import Clips, ListPreprocessor, Recorder, StopAt, expected, loader, lost_frames, make_runner
from mmengine.hooks import Hook
from ranks import run_two_ranks
from torch import nn

import vididi_transforms as vt
from vididi_transforms.mmaction2 import ClipPairDataPreprocessor, ViDiDiHook
from vididi_transforms.mmaction2.models.two_views import AugmentsViews, DifferentiatesViews


def test_epoch_based(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")])
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    assert len(runner.model.seen) == 12
    for step, (_, inputs, index) in enumerate(runner.model.seen):
        x1, x2 = expected(selector.orders(step // 3, step), index)
        torch.testing.assert_close(inputs, torch.stack((x1, x2), 1), rtol=0, atol=0)


@pytest.mark.parametrize("sampler", ["DefaultSampler", "InfiniteSampler"])
def test_iteration_based(tmp_path, sampler):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st-mix")], iters=9, sampler=sampler)
    runner.train()
    assert lost_frames(runner) == [1] * 6 + [0] * 3


def test_epoch_length(tmp_path):
    hook = dict(type="ViDiDiHook", schedule=dict(cycle=[(0, 0), (2, 2)]), epoch_length=2)
    runner = make_runner(tmp_path, [hook], epochs=2)
    runner.train()
    assert lost_frames(runner) == [0, 0, 2, 2, 0, 0]


def test_a_stock_recognizer_can_merge_the_first_dimensions():
    """FormatShape returns permuted clips, and MMAction2's recognizers merge videos and clips with view()."""
    hook = ViDiDiHook()
    hook.orders = (1, 0)
    frames_last = torch.randn(4, 2, 8, 16, 16, 3).permute(0, 1, 5, 2, 3, 4)
    output = hook._differentiate(nn.Module(), ({}, True), {}, dict(inputs=frames_last))["inputs"]
    assert output.view((-1, *output.shape[2:])).shape == (8, 3, 7, 16, 16)


def test_training_again_after_an_interruption(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st"), StopAt(1)], epochs=2)
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    runner._hooks = [hook for hook in runner.hooks if not isinstance(hook, StopAt)]
    runner.train()
    assert lost_frames(runner) == [1, 1, 1, 0, 0, 0]


class Follower(Recorder):
    """Records the updates of its target."""

    def __init__(self):
        super().__init__()
        self.progress = []
        self.has_update_hook = False

    def reset_target(self):
        self.progress.append("reset")

    def update_target(self, progress):
        self.progress.append(progress)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_target_is_updated_after_each_optimiser_step(tmp_path, accumulate):
    wrapper = dict(optimizer=dict(type="SGD", lr=0.0), accumulative_counts=accumulate)
    runner = make_runner(tmp_path, [dict(type="MomentumUpdateHook")], model=Follower(), optim_wrapper=wrapper, epochs=2)
    runner.train()
    assert runner.model.has_update_hook
    steps = range(accumulate - 1, 6, accumulate)
    assert runner.model.progress == ["reset", *(step / 6 for step in steps)]


def rank_orders(rank, folder):
    runner = make_runner(folder / str(rank), [dict(type="ViDiDiHook")], randomness=dict(seed=5, diff_rank_seed=True),
                         epochs=4, sampler="InfiniteSampler", iters=8)
    runner.train()
    hook, = (hook for hook in runner.hooks if isinstance(hook, ViDiDiHook))
    epochs = runner.message_hub.get_scalar("train/vididi_phase").data[0].tolist()
    odd = make_runner(folder / str(rank), [dict(type="ViDiDiHook", check_ranks=True), OtherSeed()])
    with pytest.raises(RuntimeError) as error:
        odd.train()
    torch.save(dict(seed=runner.seed, selector=hook.selector.seed, phases=epochs, error=str(error.value)),
               folder / f"{rank}.pt")


class OtherSeed(Hook):
    """Gives the second rank the seed of another run."""

    def before_train_epoch(self, runner):
        hook, = (hook for hook in runner.hooks if isinstance(hook, ViDiDiHook))
        hook.selector.seed += runner.rank


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    for rank in (0, 1):
        (folder / str(rank)).mkdir()
    run_two_ranks(rank_orders, folder)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.mark.slow
def test_ranks_with_different_orders_are_an_error(ranks):
    selectors = [vt.PairSelector("vididi", seed) for seed in (5, 6)]
    step = next(step for step in range(12) if len({s.orders(step // 3, step) for s in selectors}) > 1)
    first, second = (selector.orders(step // 3, step) for selector in selectors)
    for rank in ranks:
        assert rank["error"] == (f"all ranks must choose the same orders: in epoch {step // 3}, step {step}, counted "
                                 f"from 0, got {first} on rank 0; {second} on rank 1")


@pytest.mark.slow
def test_ranks_with_different_seeds_choose_the_same_orders(ranks):
    assert {rank["selector"] for rank in ranks} == {5}
    for rank in ranks:  # 12 videos, batches of 4, 2 ranks: 3 // 2 = 1 step per pass
        assert rank["phases"] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_length_is_the_same_for_every_order(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook", length=3)])
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    for step, (_, inputs, index) in enumerate(runner.model.seen):
        x1, x2 = expected(selector.orders(step // 3, step), index)
        assert torch.equal(inputs, torch.stack((x1[:, :, :3], x2[:, :, :3]), 1))
    with pytest.raises(ValueError, match="so clips need at least 6 frames: got T=5"):
        make_runner(tmp_path, [dict(type="ViDiDiHook", length=4)]).train()


def test_gradient_accumulation_steps_are_batches(tmp_path):
    wrapper = dict(optimizer=dict(type="SGD", lr=0.0), accumulative_counts=2)
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")], optim_wrapper=wrapper)
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    assert lost_frames(runner) == [max(selector.orders(step // 3, step)) for step in range(12)]


def test_a_list_stays_a_list(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st-mix")], ListPreprocessor())
    runner.train()
    orders = [(1, 1), (1, 0), (0, 0), (1, 1)]
    for step, (_, inputs, index) in enumerate(runner.model.seen):
        assert isinstance(inputs, list)
        for view, x in zip(inputs, expected(orders[step // 3], index), strict=True):
            assert torch.equal(view, x)


class OwnPreprocessor(ListPreprocessor):
    """A user's preprocessor that differentiates the views itself."""

    orders = (0, 0)

    def forward(self, data, training=False):
        views = data["inputs"].unbind(1)
        inputs = [vt.temporal_difference(view, order) for view, order in zip(views, self.orders, strict=True)]
        return dict(inputs=inputs, index=data["index"])


def test_a_preprocessor_that_differentiates_the_views_itself(tmp_path):
    """The hook sets ``orders``, cuts both views to the same length, and resets ``orders`` at the end."""
    preprocessor = OwnPreprocessor()
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")], preprocessor)
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    for step, (_, inputs, index) in enumerate(runner.model.seen):
        orders = selector.orders(step // 3, step)
        assert all(map(torch.equal, inputs, expected(orders, index)))
    assert preprocessor.orders == (0, 0)


@pytest.mark.parametrize(("preprocessor", "differentiates", "augments"), [
    (ListPreprocessor(), False, False),
    (OwnPreprocessor(), True, False),
    (ClipPairDataPreprocessor(mean=[0] * 3, std=[1] * 3), True, True),
], ids=lambda value: type(value).__name__)
def test_what_a_preprocessor_does_itself(preprocessor, differentiates, augments):
    assert isinstance(preprocessor, DifferentiatesViews) == differentiates
    assert isinstance(preprocessor, AugmentsViews) == augments


def test_validation_is_untouched(tmp_path):
    runner = make_runner(
        tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st")], epochs=1,
        val_dataloader=loader(Clips()),
        val_cfg=dict(), val_evaluator=dict(type="DumpResults", out_file_path=str(tmp_path / "out.pkl")))
    runner.train()
    validated = [(inputs, index) for mode, inputs, index in runner.model.seen if mode == "predict"]
    assert len(validated) == 3
    for inputs, index in validated:
        assert torch.equal(inputs, Clips().clips[index])


def test_detached_after_training(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st")], epochs=1)
    runner.train()
    batch = dict(inputs=Clips().clips, index=torch.arange(12))
    assert torch.equal(runner.model.data_preprocessor(batch, True)["inputs"], batch["inputs"])


def test_phase_and_orders_are_logged(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")])
    runner.train()
    selector = vt.PairSelector("vididi", seed=5)
    logged = [runner.message_hub.get_scalar(f"train/vididi_{name}").data[0].tolist()
              for name in ("phase", "order1", "order2")]
    assert list(zip(*logged, strict=True)) == [(step // 3 % 4, *selector.orders(step // 3, step)) for step in range(12)]


def resumed(tmp_path, hook, **kwargs):
    runner = make_runner(tmp_path, [hook], resume=True, load_from=str(tmp_path / "work/epoch_2.pth"), **kwargs)
    runner.train()
    return runner


@pytest.fixture
def interrupted(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook"), StopAt(2)])
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    return tmp_path


def test_resume_continues_with_the_same_orders(interrupted):
    runner = resumed(interrupted, dict(type="ViDiDiHook"), randomness=dict(seed=None))  # the checkpoint's seed
    selector = vt.PairSelector("vididi", seed=5)
    assert lost_frames(runner) == [max(selector.orders(step // 3, step)) for step in range(6, 12)]


@pytest.mark.parametrize(("hook", "text"), [
    (dict(type="ViDiDiHook", schedule="reverse"), "a run can only be resumed with its own schedule"),
    (dict(type="ViDiDiHook", seed=6), "a run can only be resumed with its own seed: the state has 5, this selector 6"),
])
def test_resume_of_another_run_is_refused(interrupted, hook, text):
    with pytest.raises(ValueError, match=text):
        resumed(interrupted, hook)


def test_loading_weights_is_not_resuming(interrupted):
    runner = make_runner(interrupted, [dict(type="ViDiDiHook", schedule="reverse")], epochs=1,
                         load_from=str(interrupted / "work/epoch_2.pth"))
    runner.train()
    assert len(runner.model.seen) == 3


def test_resume_of_a_run_without_the_hook_warns(tmp_path):
    make_runner(tmp_path, [StopAt(2)], epochs=2).train()
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")], resume=True, load_from=str(tmp_path / "work/epoch_2.pth"))
    messages = []
    runner.logger.warning = messages.append
    runner.train()
    assert any("trained without it; ViDiDi starts here" in message for message in messages)


def test_model_without_data_preprocessor(tmp_path):
    runner = make_runner(tmp_path, [dict(type="ViDiDiHook")])
    del runner.model.data_preprocessor
    with pytest.raises(TypeError, match="a model with a data preprocessor: Recorder has none"):
        runner.train()


@pytest.mark.parametrize("training", [dict(args=({}, True), kwargs={}), dict(args=({},), kwargs=dict(training=True))])
def test_both_ways_in_which_mmengine_calls(training):
    hook = ViDiDiHook()
    hook.orders = (1, 1)
    output = dict(inputs=torch.zeros(1, 2, 3, 4, 2, 2))
    assert hook._differentiate(nn.Module(), output=copy.copy(output), **training)["inputs"].shape[3] == 3
