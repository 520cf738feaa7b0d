"""BNStatisticsHook in a run and ``vididi bn-statistics`` afterwards: the same statistics, and nothing else changes."""
import random
import re

import numpy as np
import pytest
import torch
from bn_runs import OURS, Pairs, TwoNorms, model, run
from commands import command, exit_code
from encoders import same
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.hooks import Hook
from paths import DEMO
from stock_tools import TOOLS, WITH_HELPERS, options, run_forked, scalars
from tiny_runs import tiny_for

from vididi_transforms.mmaction2.evaluation.bn_statistics import with_frame_statistics
from vididi_transforms.mmaction2.models.weights import export_encoder

EXACT = dict(type="BNStatisticsHook")
AT_VAL = dict(EXACT, at_val=True)


def saved(folder, epoch=4):
    return torch.load(folder / f"epoch_{epoch}.pth", weights_only=True)


def encoder(checkpoint):
    return {key: value for key, value in checkpoint["state_dict"].items() if key.startswith("backbone.")}


def changed(a, b):
    """Last words of the names of tensors that differ."""
    return {key.rsplit(".")[-1] for key in a if not torch.equal(a[key], b[key])}


def test_the_last_checkpoint_has_the_exact_statistics_and_says_so(tmp_path):
    run(tmp_path / "with", [EXACT], lr=0.1)
    run(tmp_path / "without", lr=0.1)
    exact, average = saved(tmp_path / "with"), saved(tmp_path / "without")
    assert changed(exact["state_dict"], average["state_dict"]) == {"running_mean", "running_var"}
    assert exact["meta"]["bn_statistics"] == {"views": "frames", "videos": 12}
    assert average["meta"]["bn_statistics"] == {"views": "frames", "videos": None}
    before = saved(tmp_path / "with", epoch=3)
    assert same(before["state_dict"], saved(tmp_path / "without", epoch=3)["state_dict"])
    assert before["meta"]["bn_statistics"] == {"views": "frames", "videos": None}


class Draws(Hook):
    """Draws from torch's generator in each step, before StepSeedHook seeds it again."""

    def __init__(self):
        self.drawn = []

    def after_train_iter(self, runner, **_):
        self.drawn.append(torch.rand(1).item())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_pass_before_validations_does_not_change_the_training(tmp_path, workers):
    """With persistent workers, too: the training's data loader is in use."""
    runs = {}
    for name, hooks in (("with", [AT_VAL]), ("without", [])):
        draws = Draws()
        network = model(OURS)
        run(tmp_path / name, [draws, *hooks], lr=0.1, workers=workers, val=True, model=network)
        runs[name] = (draws.drawn, scalars(tmp_path / name, "loss"), network)
    assert runs["with"][:2] == runs["without"][:2]
    names = [set(changed(runs["with"][2].state_dict(), runs["without"][2].state_dict()))]
    assert names == [{"running_mean", "running_var"}]
    assert len(runs["with"][1]) == 12


def test_statistics_are_exact_until_the_next_step(tmp_path):
    passes = []

    class Passes(Hook):
        priority = "LOWEST"

        def before_val_epoch(self, runner):
            passes.append({name: buffer.clone() for name, buffer in runner.model.backbone.named_buffers()})

    runner = run(tmp_path / "val", [AT_VAL, Passes()], lr=0.1, val=True, epochs=2)
    assert len(passes) == 2
    assert changed(*passes) == {"running_mean", "running_var", "num_batches_tracked"}
    assert same(passes[-1], dict(runner.model.backbone.named_buffers()))
    at_end = run(tmp_path / "end", [EXACT], lr=0.1, epochs=2).model.backbone
    assert changed(passes[-1], dict(at_end.named_buffers())) <= {"num_batches_tracked"}


def test_a_pass_leaves_the_global_generators_as_they_are(tmp_path, monkeypatch):
    """Also if the dataset draws from them."""
    class Drawn(Hook):
        priority = "LOWEST"

        def before_val_epoch(self, runner):
            drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))

    read = Pairs.__getitem__
    monkeypatch.setattr(Pairs, "__getitem__", lambda videos, index: (
        random.random(), np.random.rand(), torch.rand(1)) and read(videos, index))
    drawn = []
    for name, hooks in (("with", [AT_VAL]), ("without", [])):
        run(tmp_path / name, [Drawn(), *hooks], val=True)
    assert len(drawn) == 8
    assert drawn[:4] == drawn[4:]


def test_the_average_of_the_weights_has_statistics_of_its_own(tmp_path):
    average = dict(type="EMAHook", update_buffers=True, momentum=0.3)
    run(tmp_path, [average, EXACT], lr=0.1)
    averaged, online = (encoder(dict(state_dict=weights)) for weights in (
        saved(tmp_path)["state_dict"], {key.removeprefix("module."): value for key, value in
                                        saved(tmp_path)["ema_state_dict"].items()}))
    for weights in (averaged, online):
        network = model()
        network.load_state_dict(weights, strict=False)
        runner = run(tmp_path / "again", [EXACT], model=network, epochs=1)  # the learning rate is 0
        for name, value in runner.model.backbone.state_dict().items():
            if "num" not in name:
                torch.testing.assert_close(weights[f"backbone.{name}"], value)
    with pytest.raises(ValueError, match=r"needs EMAHook\(update_buffers=True\).*: got update_buffers=False"):
        run(tmp_path / "other", [dict(type="EMAHook"), EXACT])


@MODELS.register_module(force=True)
class NoNorms(TwoNorms):
    """An encoder without batch normalisation."""

    def __init__(self):
        super().__init__()
        self.layers = self.layers[0:3].append(self.layers[3])
        self.layers[1] = torch.nn.Identity()


@pytest.mark.parametrize(("settings", "hook", "entry"), [
    (dict(bn_statistics="all"), EXACT, {"views": "all", "videos": None}),
    ({}, dict(EXACT, at_end=False), {"views": "frames", "videos": None}),
    (dict(backbone=dict(type="NoNorms")), EXACT, None),
])
def test_nothing_to_do(tmp_path, settings, hook, entry):
    runs = [run(tmp_path / name, hooks, model=model(**settings)).model.state_dict()
            for name, hooks in (("with", [hook]), ("without", []))]
    assert same(*runs)
    assert saved(tmp_path / "with")["meta"].get("bn_statistics") == entry


def test_the_export_says_which_statistics_it_has(tmp_path):
    run(tmp_path, [EXACT], epochs=1)
    path = tmp_path / "epoch_1.pth"
    old = saved(tmp_path, 1)
    assert exported(path, tmp_path) == {"views": "frames", "videos": 12}
    del old["meta"]["bn_statistics"]
    torch.save(old, path)
    assert exported(path, tmp_path) == {"views": "all", "videos": None}  # before 'frames' was the default
    del old["vididi"]
    torch.save(old, path)
    assert exported(path, tmp_path) is None  # not known


def exported(path, folder):
    export_encoder(path, folder / "out.pth")
    return torch.load(folder / "out.pth", weights_only=True)["meta"].get("bn_statistics")


@pytest.fixture(scope="module")
def trained(motion, tmp_path_factory):
    """The demo at the size of a test, by MMAction2's own tool: work dir, settings and log."""
    work = tmp_path_factory.mktemp("trained")
    settings = tiny_for(motion)
    log = run_forked(TOOLS / "train.py", DEMO, "--work-dir", work, *options(settings), env=WITH_HELPERS)
    return work, settings, log


@pytest.mark.slow
def test_the_command_sets_the_statistics_of_the_hook(trained, tmp_path, capsys):
    work, settings, log = trained
    hook = saved(work, 2)
    number = hook["meta"]["bn_statistics"]["videos"]
    assert number > 0
    assert re.search(rf"BatchNorm statistics of the frames of {number} videos set in \d+\.\d s\n", log)
    other = {**hook, "state_dict": {key: torch.ones_like(value) if "running" in key else value
                                    for key, value in hook["state_dict"].items()}}
    torch.save(other, tmp_path / "other.pth")
    out = tmp_path / "new/frames.pth"
    command("bn-statistics")([DEMO, tmp_path / "other.pth", "--out", out, "--device", "cpu", *options(settings)])
    assert re.search(rf"of {number} videos set in \d+\.\d s: {out}\nNext: vididi features", capsys.readouterr().out)
    again = torch.load(out, weights_only=True)
    for key, value in encoder(hook).items():
        torch.testing.assert_close(again["state_dict"][key], value, rtol=1e-6, atol=1e-7)
    assert again["meta"]["bn_statistics"] == hook["meta"]["bn_statistics"]
    assert again.keys() == hook.keys()
    assert set(changed(again["state_dict"], other["state_dict"])) == {"running_mean", "running_var"}


def test_the_command_refuses_what_it_cannot_use(tmp_path, capsys):
    config = Config.fromfile(DEMO)
    torch.save(dict(state_dict={}), tmp_path / "empty.pth")
    for change, videos, text in (
            (dict(train_dataloader=None), 5, "bn-statistics needs a config with a train_dataloader"),
            ({}, 0, "videos must be an integer >= 1: got 0"), ({}, 5, "must hold the whole backbone of its config")):
        with pytest.raises(ValueError, match=text):
            with_frame_statistics(Config({**config, **change}), tmp_path / "empty.pth", videos)
    assert exit_code("bn-statistics", DEMO, tmp_path / "empty.pth", "--out", tmp_path / "out.pth") == 2
    assert "error: a checkpoint must hold the whole backbone" in capsys.readouterr().err
    assert not (tmp_path / "out.pth").exists()
