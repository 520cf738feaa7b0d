"""The README is short and true: its files exist, its numbers are in the result files, its commands are tested."""
import json
import re

import pytest
from page_commands import blocks, commands
from paths import ROOT

import vididi_transforms as vt

README = (ROOT / "README.md").read_text()
RESULTS = ROOT / "benchmarks/results"
TESTED = ("index", "recipes", "own_videos", "analysis")  # pages whose commands test_pages.py and test_recipes.py run


def demo(seed):
    return json.loads((RESULTS / ("demo.json" if seed == 0 else f"demo-seed{seed}.json")).read_text())


def percent(share):
    return f"{100 * share:.1f} %"


def test_one_page():
    assert len(README.splitlines()) <= 150


def test_files_exist():
    paths = "docs|benchmarks|mmaction_configs|vididi_transforms|examples|tests"
    named = re.findall(rf"\]\(([\w/.-]+)\)|`((?:{paths})/[\w./-]+)`|src=\"([\w/.]+)\"", README)
    assert named
    assert [path for path in map("".join, named) if not (ROOT / path).exists()] == []


def test_commands_are_run_by_tests():
    tested = [words for page in TESTED for words in commands((ROOT / f"docs/{page}.md").read_text())]
    mine = [words for words in commands(README) if words[0] in ("mim", "vididi") and words[1:] != ["COMMAND"]]
    assert len(mine) >= 4
    assert [words for words in mine if words not in tested] == []


@pytest.mark.parametrize("method", ["vicreg", "vididi-vicreg"])
def test_table_has_all_seeds(method):
    cells = " | ".join(percent(demo(seed)[method]["top1"]) for seed in range(3))
    assert f"| {method} | {cells} |" in README
    assert f"chance is {percent(demo(0)['chance']['top1'])}" in README


def test_the_untrained_encoder_is_one_measurement():
    """All three runs tested the weights of seed 0, so the table has their recall once."""
    first, *others = (demo(seed)["untrained"] for seed in range(3))
    assert others == [first, first]
    assert f"| untrained | {percent(first['top1'])} | - | - |" in README
    assert "the untrained encoder was tested once, with the weights of seed 0" in README


def test_the_snippet_prints_its_comments(capsys):
    block, = (block for block in blocks(ROOT / "README.md", "python") if "print(" in block)
    exec(compile(block, "README.md", "exec"), {})
    shown = re.findall(r"^# (\d .*)$", block, flags=re.M)
    assert len(shown) == 4
    assert capsys.readouterr().out.splitlines() == shown


def test_log_shows_the_orders_of_each_epoch():
    lines = re.findall(r"\[(\d+)\]\[15/15\].*phase: (\d)  vididi_order1: (\d)  vididi_order2: (\d)", README)
    assert len(lines) == 2
    selector = vt.PairSelector("vididi", seed=0)
    for epoch, phase, *orders in (map(int, line) for line in lines):
        assert phase == selector.phase(epoch - 1)
        assert tuple(orders) == selector.orders(epoch - 1, 15 * epoch - 1)


def test_numbers_are_those_of_the_benchmarks():
    ablation = (RESULTS / "ablation.md").read_text()
    rank, p = re.search(r"Rank correlation .*: (\S+) \(p = (\S+)\)", ablation).groups()
    assert f"rank correlation {rank}, p = {p}" in " ".join(README.split())
    rates = dict(re.findall(r"\| (compiled|torchvision v2, clip by clip) \| (\d+) \|",
                            (RESULTS / "batched_pass.md").read_text()))
    assert f"{rates['compiled']} clips/s" in README
    assert f"torchvision v2 clip by clip {rates['torchvision v2, clip by clip']}" in " ".join(README.split())
    hook = re.search(r"the hook itself, per step \| (\S+ ms)", (RESULTS / "training_step.md").read_text())[1]
    assert f"{hook} per training step" in README
    seconds = json.loads((RESULTS / "ablation.json").read_text())["seconds of training"]
    assert f"{seconds / 3600:.1f} hours of training" in README


@pytest.mark.parametrize("key", ["date", "command", "python", "machine", "versions"])
def test_results_say_where_they_come_from(key):
    assert demo(0)["run"][key]
