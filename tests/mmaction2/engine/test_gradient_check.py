"""CheckGradientsHook names the encoder's parameters that get no gradient in the first optimizer step."""
import pytest
import torch
from cpu_amp import CpuAmpOptimWrapper
from hook_runs import Recorder, make_runner
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from ranks import run_two_ranks
from recognizers import byol_recognizer
from torch import nn

from vididi_transforms.mmaction2 import CheckGradientsHook

UNUSED = ["backbone.unused.weight", "backbone.unused.bias"]


class Model(Recorder):
    """The loss of step n uses the layers of the encoder that ``uses(n)`` names."""

    def __init__(self, uses=lambda step: ("used",), scale=lambda step: 1):
        super().__init__()
        self.backbone = nn.ModuleDict(dict(used=nn.Linear(4, 4), unused=nn.Linear(4, 4)))
        self.head, self.uses, self.scale = nn.Linear(4, 4), uses, scale

    def forward(self, inputs, index, mode="tensor"):
        self.seen.append(mode)
        step = len(self.seen) - 1
        return dict(loss=sum(self.backbone[name](inputs).square().mean() for name in self.uses(step))
                    * self.scale(step))


def run(tmp_path, model=None, wrapper=OptimWrapper, iters=3, error=False, **options):
    """The warnings of a run.

    The model's ``head`` and ``weight`` get no gradient either, but are not the encoder's.
    """
    model, hook = model or Model(), CheckGradientsHook(error)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    runner = make_runner(tmp_path, [hook], model=model, iters=iters,
                         optim_wrapper=wrapper(optimizer=optimizer, **options) if callable(wrapper) else wrapper)
    lines = []
    runner.logger.warning = lambda text, *args: lines.append(text)
    runner.train()
    assert hook._handles == []
    return [line for line in lines if "should get a gradient" in line]


def message(names, total):
    return (f"every parameter of the encoder should get a gradient: {len(names)} of {total} got none in the first "
            f"optimizer step: {', '.join(names)}")


def test_parameters_without_a_gradient_are_named_once(tmp_path):
    assert run(tmp_path) == [message(UNUSED, 4)]


def test_nothing_is_said_if_all_learn(tmp_path):
    assert run(tmp_path, Model(lambda step: ("used", "unused"))) == []


def test_a_gradient_of_zeros_is_one(tmp_path):
    assert run(tmp_path, Model(lambda step: ("used", "unused"), scale=lambda step: 0)) == []


def test_it_can_be_an_error_before_the_first_step(tmp_path):
    model = Model()
    weight = model.backbone["used"].weight.detach().clone()
    with pytest.raises(RuntimeError) as error:
        run(tmp_path, model, error=True)
    assert str(error.value) == message(UNUSED, 4)
    assert torch.equal(model.backbone["used"].weight, weight)


def test_frozen_parameters_need_no_gradient(tmp_path):
    model = Model()
    model.backbone["unused"].weight.requires_grad_(False)
    assert run(tmp_path, model) == [message(UNUSED[1:], 3)]


def test_many_names_are_shortened(tmp_path):
    model = Model()
    model.backbone["unused"] = nn.Sequential(*(nn.Linear(1, 1) for _ in range(4)))
    line, = run(tmp_path, model)
    assert line.endswith(": 8 of 10 got none in the first optimizer step: backbone.unused.0.weight, "
                         "backbone.unused.0.bias, backbone.unused.1.weight, backbone.unused.1.bias, "
                         "backbone.unused.2.weight and 3 more")


@pytest.mark.parametrize(("uses", "named"), [
    (lambda step: ("used",) if step == 0 else ("unused",), False),
    (lambda step: ("used",) if step < 2 else ("unused",), True),
])
def test_with_gradient_accumulation_all_batches_of_the_step_count(tmp_path, uses, named):
    assert run(tmp_path, Model(uses), iters=4, accumulative_counts=2) == [message(UNUSED, 4)] * named


def test_under_amp_the_first_step_is_one_that_the_scaler_does_not_skip(tmp_path):
    model = Model(lambda step: ("used", "unused") if step == 0 else ("used",),
                  scale=lambda step: float("inf") if step == 0 else 1)
    assert run(tmp_path, model, CpuAmpOptimWrapper) == [message(UNUSED, 4)]


class TwoOptimizers(Model):
    def train_step(self, data, optim_wrapper):
        for part in ("used", "unused"):
            self.uses = lambda step, part=part: (part,) if step < 4 else ("used",)
            super().train_step(data, optim_wrapper[part])


def test_each_of_several_optimizers_is_checked_in_its_own_first_step(tmp_path):
    model = TwoOptimizers()
    model.backbone["unused"].extra = nn.Linear(1, 1)
    wrappers = {name: OptimWrapper(optimizer=torch.optim.SGD(model.backbone[name].parameters(), lr=0.1))
                for name in ("used", "unused")}
    assert run(tmp_path, model, OptimWrapperDict(**wrappers)) == [
        message(["backbone.unused.extra.weight", "backbone.unused.extra.bias"], 4)]


def test_a_momentum_encoder_needs_no_gradient(tmp_path):
    model = byol_recognizer()
    views = torch.randn(4, 2, 3, 6, 16, 16, generator=torch.Generator().manual_seed(1))
    hook = CheckGradientsHook(error=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    hook.before_train(type("Run", (), dict(model=model, logger=None, optim_wrapper=OptimWrapper(optimizer))))
    sum(model(views, [], mode="loss").values()).backward()
    optimizer.step()
    assert hook._unchecked == set()


def rank_lines(rank, folder):
    (folder / str(rank)).mkdir()
    uses = (lambda step: ("used",)) if rank == 0 else (lambda step: ("used", "extra"))
    model = Model(uses)
    model.backbone["extra"] = nn.Linear(4, 4)  # used on rank 1 only
    ddp = MMDistributedDataParallel(module=model, find_unused_parameters=True)
    torch.save(run(folder / str(rank), ddp), folder / f"{rank}.pt")


@pytest.mark.slow
def test_under_ddp_a_gradient_on_one_rank_is_enough(tmp_path):
    run_two_ranks(rank_lines, tmp_path)
    assert [torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)] == [[message(UNUSED, 6)]] * 2
