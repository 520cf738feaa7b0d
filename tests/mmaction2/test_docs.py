"""The config examples in the docstrings of all public names can be built."""
import pickle
import re

import pytest
import torch
from mmaction.registry import DATA_SAMPLERS, DATASETS, HOOKS, METRICS, MODELS, OPTIMIZERS, TRANSFORMS

import vididi_transforms.mmaction2 as plugin

NEEDS = {DATA_SAMPLERS: dict(dataset=range(4)), DATASETS: dict(lazy_init=True),
         OPTIMIZERS: dict(params=[torch.nn.Parameter(torch.zeros(1))])}
REGISTRIES = (TRANSFORMS, HOOKS, METRICS, MODELS, OPTIMIZERS, DATA_SAMPLERS, DATASETS)


@pytest.mark.parametrize("name", sorted(set(plugin.__all__) - {"VideoReadError"}))
def test_example_builds(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "proposals.pkl").write_bytes(pickle.dumps({}))
    text = getattr(plugin, name).__doc__
    assert "Example" in text
    if ">>>" in text:  # runs as a doctest
        return
    example = re.search(r"Example \(config\):\s+``(dict\(.*?\))``", text, flags=re.S)
    cfg = eval(example[1])
    assert cfg["type"] == name
    registry, = (registry for registry in REGISTRIES if name in registry or registry.get(name))
    assert registry.build(cfg | NEEDS.get(registry, {})) is not None
