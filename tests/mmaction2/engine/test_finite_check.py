"""CheckFiniteHook stops a run at the first value that is not finite, and saves the step."""
import math

import faults  # noqa: F401 - registers
import pytest
import torch
from cpu_amp import CpuAmpOptimWrapper
from hook_runs import make_runner
from mmengine.hooks import Hook
from mmengine.model import BaseDataPreprocessor, BaseModel, MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import HOOKS
from mmengine.structures import BaseDataElement
from ranks import run_two_ranks
from torch import nn
from torch.utils.data import Dataset

from vididi_transforms.mmaction2 import CheckFiniteHook
from vididi_transforms.mmaction2.engine.checks.nonfinite_step import plain

VIDEOS = 12


class Videos(Dataset):
    """Two clips ``[3, 5, 4, 4]`` of each video, and a data sample with its name."""

    clips = torch.randn(VIDEOS, 2, 3, 5, 4, 4, generator=torch.Generator().manual_seed(0))
    named = True

    def __len__(self):
        return VIDEOS

    def __getitem__(self, index):
        names = dict(filename=f"{index}.mp4") if self.named else {}
        return dict(inputs=self.clips[index], data_samples=BaseDataElement(metainfo=names))


class Unnamed(Videos):
    named = False


class Stacked(BaseDataPreprocessor):
    """The two views as a list."""

    def forward(self, data, training=False):
        return {**data, "inputs": list(torch.stack(data["inputs"]).unbind(1))}


class TwoViews(BaseModel):
    """Counts its forward passes; two losses, and an accuracy that is NaN."""

    def __init__(self):
        super().__init__(Stacked())
        self.backbone = nn.Sequential(nn.Conv3d(3, 4, (3, 4, 4)), nn.BatchNorm3d(4))
        self.head = nn.Linear(4, 2)
        self.forwards = 0

    def forward(self, inputs, data_samples=None, mode="tensor"):
        self.forwards += 1
        z1, z2 = (self.head(self.backbone(view).mean((2, 3, 4))) for view in inputs)
        return dict(loss_distance=(z1 - z2).square().mean(), loss_size=[z1.square().mean(), z2.square().mean()],
                    accuracy=torch.tensor(math.nan))


def training(tmp_path, *hooks, dataset=None, check=None, wrapper=OptimWrapper, model=None, resume=False, **options):
    """Four epochs of three steps; a checkpoint after every step, of which only the newest is kept."""
    torch.manual_seed(0)
    model = model or TwoViews()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loader = dict(batch_size=4, dataset=dataset or Videos(), sampler=dict(type="KeyedSampler", shuffle=False, seed=0),
                  collate_fn=dict(type="pseudo_collate"))
    return make_runner(
        tmp_path, [dict(type="ViDiDiHook", schedule="schedule-1st-mix"), *hooks], model=model, train_dataloader=loader,
        optim_wrapper=wrapper(optimizer=optimizer, **options), resume=resume, default_scope="mmaction",
        default_hooks=dict(checkpoint=dict(type="CheckpointHook", by_epoch=False, interval=1, max_keep_ckpts=1),
                           step_seed=dict(type="StepSeedHook"), exact_resume=dict(type="ExactResumeHook"),
                           check_finite=check or dict(type="CheckFiniteHook")))


def stopped(runner):
    with pytest.raises(FloatingPointError) as error:
        runner.train()
    return str(error.value)


def fault(stage, step=4, **options):
    return dict(type="NonFiniteHook", step=step, stage=stage, **options)


def message(work, first, videos, step=4, orders=(1, 0), rank="", last=None):
    return (f"losses, gradients and weights must be finite: in step {step}, counted from 0 (seed 5, derivative orders "
            f"{orders}), NaN or infinity came first in the {first}; videos: {videos}; saved for a replay: "
            f"{work}/nonfinite-step{rank}.pt; last checkpoint: {last or f'{work}/iter_{step}.pth'}")


BATCH = "4.mp4, 5.mp4, 6.mp4, 7.mp4"


@pytest.mark.parametrize(("stage", "first", "videos"), [
    ("input", "input: inputs[0]", "5.mp4"),
    ("features", "features: features[0], features[1]", "5.mp4"),
    ("loss", "loss: loss_distance, loss_size[0], loss_size[1]", BATCH),
    ("gradient", "gradient: backbone.0.weight", BATCH),
    ("weights", "weights: backbone.0.weight, backbone.0.bias, backbone.1.weight, backbone.1.bias, head.weight and 1 "
     "more", BATCH),
])
def test_a_run_stops_at_once_and_names_what_was_first(tmp_path, stage, first, videos):
    work = tmp_path / "work"
    assert stopped(training(tmp_path, fault(stage))) == message(work, first, videos)
    last = torch.load((work / "last_checkpoint").read_text(), weights_only=True)["state_dict"]
    assert all(weight.isfinite().all() for weight in last.values())
    saved = torch.load(work / "nonfinite-step.pt", weights_only=True)
    assert {key: saved[key] for key in ("first", "videos", "all_videos", "seed", "step", "epoch", "orders")} == dict(
        first=stage, videos=videos.split(", "), all_videos=BATCH.split(", "), seed=5, step=4, epoch=1, orders=[1, 0])
    if stage != "weights":  # which the step itself has broken
        weights = [key for key, value in last.items() if "running" not in key and "tracked" not in key]
        assert all(torch.equal(saved["state_dict"][key], last[key]) for key in weights)
    assert [clip.shape for clip in saved["batch"]["inputs"]] == [(2, 3, 5, 4, 4)] * 4
    assert [sample["filename"] for sample in saved["batch"]["data_samples"]] == BATCH.split(", ")


def test_the_saved_step_can_be_replayed(tmp_path):
    stopped(training(tmp_path, fault("gradient")))
    saved = torch.load(tmp_path / "work/nonfinite-step.pt", weights_only=True)
    model = TwoViews()
    model.load_state_dict(saved["state_dict"])
    losses = model(**saved["inputs"], mode="loss")
    assert torch.equal(losses["loss_distance"], saved["losses"]["loss_distance"])
    assert saved["autocast"] is None


def test_a_stopped_run_is_resumed_from_the_last_checkpoint(tmp_path):
    weights = []
    for name, hooks, resume in (("whole", [], False), ("stopped", [fault("loss")], False), ("stopped", [], True)):
        (tmp_path / name).mkdir(exist_ok=True)
        runner = training(tmp_path / name, *hooks, resume=resume)
        if hooks:
            stopped(runner)
        else:
            runner.train()
            weights.append(runner.model.state_dict())
    assert runner.model.forwards == 8
    assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())


def test_a_run_trains_as_without_the_hook(tmp_path):
    weights = []
    for name, check in (("with", None), ("without", dict(type="NonFiniteHook", step=99, stage="loss"))):
        (tmp_path / name).mkdir()
        runner = training(tmp_path / name, check=check)
        runner.train()
        weights.append(runner.model.state_dict())
    assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())


def test_huge_finite_gradients_and_weights_are_no_error(tmp_path):
    runner = training(tmp_path, fault("huge", 11))  # the last step
    runner.train()
    assert next(runner.model.parameters()).abs().max() > 1e28


class Kept(Hook):
    """What the check holds after each step."""

    priority = "LOWEST"

    def __init__(self):
        self.steps = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        check, = (hook for hook in runner.hooks if isinstance(hook, CheckFiniteHook))
        self.steps.append(check._step)


def test_nothing_is_kept_after_a_step_or_a_run(tmp_path):
    runner = training(tmp_path, kept := Kept())
    runner.train()
    assert kept.steps == [None] * 12
    for attached in (runner.model._forward_hooks, runner.model.backbone._forward_hooks,
                     runner.optim_wrapper.optimizer._optimizer_step_pre_hooks,
                     runner.optim_wrapper.optimizer._optimizer_step_post_hooks):
        assert not attached


def test_videos_without_names_and_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "work/nonfinite-step.pt").mkdir(parents=True)
    text = stopped(training(tmp_path, fault("input"), dataset=Unnamed()))
    assert "videos: unnamed (add 'filename' to the meta_keys of PackActionInputs); saved for a replay: failed, " in text


@pytest.mark.parametrize("step", [4, 5])
@pytest.mark.parametrize("stage", ["loss", "gradient"])
def test_gradient_accumulation(tmp_path, stage, step):
    """The optimizer steps after batches 1, 3, 5 and so on, counted from 0; the run stops in the batch that is bad."""
    text = stopped(training(tmp_path, fault(stage, step), accumulative_counts=2))
    assert f"in step {step}, counted from 0" in text
    assert f"came first in the {stage}" in text


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_step_that_the_grad_scaler_skips_is_no_error(tmp_path, accumulate):
    """Nor are gradients that are accumulated and will be skipped."""
    runner = training(tmp_path, fault("gradient"), wrapper=CpuAmpOptimWrapper, accumulative_counts=accumulate)
    runner.train()
    assert runner.model.forwards == 12
    assert runner.optim_wrapper.loss_scaler.get_scale() == 2
    assert not list(tmp_path.rglob("nonfinite*"))
    assert all(value.isfinite().all() for value in runner.model.state_dict().values())


def test_steps_that_the_grad_scaler_skips_again_and_again(tmp_path):
    check = dict(type="CheckFiniteHook", min_loss_scale=1)
    text = stopped(training(tmp_path, fault("gradient", until=99), wrapper=CpuAmpOptimWrapper, check=check))
    assert text == message(tmp_path / "work", "gradient: of a skipped optimizer step", "0.mp4, 1.mp4, 2.mp4, 3.mp4", 6,
                           (0, 0))  # scale 4, 2, 1 and 0.5 after steps 3, 4, 5 and 6


def test_a_loss_that_is_not_finite_under_amp(tmp_path):
    assert "came first in the features" in stopped(training(tmp_path, fault("features"), wrapper=CpuAmpOptimWrapper))
    assert torch.load(tmp_path / "work/nonfinite-step.pt", weights_only=True)["autocast"] == "torch.bfloat16"


def test_minimum_loss_scale():
    with pytest.raises(ValueError, match=r"^min_loss_scale must be > 0: got 0$"):
        HOOKS.build(dict(type="CheckFiniteHook", min_loss_scale=0))


def test_saved_values_are_plain():
    class Number(int):
        pass

    value = dict(a=(Number(3), True, 2.5, None), b=BaseDataElement(metainfo=dict(name="x")), c=torch.float16)
    assert plain(value) == dict(a=[3, True, 2.5, None], b=dict(name="x"), c="torch.float16")
    assert type(plain(Number(3))) is int
    assert torch.equal(plain(torch.ones(2).numpy()), torch.ones(2))


def rank_errors(rank, folder):
    texts = []
    for name, wrap, stage in (("apart", False, "loss"), ("ddp", True, "input")):
        model = MMDistributedDataParallel(module=TwoViews()) if wrap else TwoViews()
        (folder / name / str(rank)).mkdir(parents=True)
        texts.append(stopped(training(folder / name / str(rank), fault(stage, 1, rank=1), model=model)))
    torch.save(texts, folder / f"{rank}.pt")


@pytest.mark.slow
def test_two_ranks_stop_together(tmp_path):
    """Also if nothing but the check connects them, so that the other rank has only finite values."""
    run_two_ranks(rank_errors, tmp_path)
    errors = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    for apart, ddp in errors:
        for text, name, first in ((apart, "apart", "loss: on rank 1, loss_distance"),
                                  (ddp, "ddp", "input: on rank 1, inputs[0]; videos: 11.mp4; ")):
            assert "in step 1, counted from 0 (seed 5, derivative orders (1, 1))" in text
            assert f"came first in the {first}" in text
            assert "on rank 0" not in text
            assert f"saved for a replay: {tmp_path.joinpath(name, '1', 'work', 'nonfinite-step-rank1.pt')}" in text
            assert not list((tmp_path / name / "0").rglob("nonfinite*"))
