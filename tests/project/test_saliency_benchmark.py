"""The saliency benchmark: which encoders it measures, and its report."""
import json
import sys
from argparse import Namespace

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from paths import ROOT

from vididi_transforms.analysis.saliency_pictures import Example
from vididi_transforms.mmaction2.evaluation.saliency import Measured

sys.path.append(str(ROOT / "benchmarks"))

import saliency


@pytest.fixture
def args(motion, tmp_path):
    """Runs of one seed in the folders that the benchmark reads."""
    init_default_scope("mmaction")
    for config, folder, names in (
            (saliency.PRETRAINED, tmp_path / "ablation", ("base", "schedule-1st-mix", "vididi")),
            (saliency.FINE_TUNED, tmp_path / "fine_tuning", ("untrained", "vicreg", "vididi-vicreg"))):
        for name in names:
            (folder / f"{name}-seed0").mkdir(parents=True)
            state = MODELS.build(Config.fromfile(config).model).state_dict()
            torch.save(dict(state_dict=state), folder / f"{name}-seed0/epoch_2.pth")
    return Namespace(ablation=tmp_path / "ablation", fine_tuning=tmp_path / "fine_tuning", data=motion, out=tmp_path,
                     videos=2, seeds=[0])


@pytest.mark.slow
@pytest.mark.parametrize("setting", saliency.SETTINGS)
def test_settings(args, setting):
    result = saliency.attend(args, setting)
    names = ["untrained", "base", "schedule-1st-mix", "vididi"]
    expected = [name for name in names if "fine" not in setting or name != "schedule-1st-mix"]
    assert list(result.shares) == [f"{name}-seed0" for name in expected]
    assert len(result.chance) == 2
    assert result.known
    size = 64 if "64" in setting else 32
    assert result.examples[0].frames.shape[2:] == (size, size)
    coarse, fine = result.masks["base-seed0"], result.chance
    assert all(mask > chance for mask, chance in zip(coarse, fine, strict=True))


def test_report(tmp_path, capsys):
    names = [f"{name}-seed{seed}" for name in saliency.ENCODERS for seed in (0, 1)]
    shares = {name: [0.06 + 0.02 * int(name[-1]), 0.08] for name in names}
    frames, mask = torch.rand(3, 8, 16, 16), torch.zeros(8, 16, 16)
    example = Example("one", frames, mask, dict.fromkeys(names, mask))
    measured = {setting: Measured(shares, shares, [0.05, 0.06], 0, True, [example]) for setting in saliency.SETTINGS}
    saliency.report(measured, [0, 1], tmp_path)
    record = json.loads((tmp_path / "saliency.json").read_text())
    assert record["attention_on_motion"]["last maps, 64 px"]["vididi"] == [7.0, 8.0]
    assert record["videos"]["last maps, 32 px"] == 2
    out = capsys.readouterr().out
    assert "| `base` |" + " 7.5 ± 0.7 (7.0, 8.0) |" * 4 in out
    assert "| (chance) |" + " 5.5 |" * 4 in out
    assert (tmp_path / "saliency.png").stat().st_size > 10_000
