"""The pages tell the truth: their code runs, their commands exist and have the options that are named."""
import importlib.util
import os
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from page_commands import blocks, commands
from paths import ROOT
from PIL import Image

from vididi_transforms.cli import COMMANDS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
CONFIGS = {path.name for path in ROOT.glob("mmaction_configs/**/*.py")}
TARGETS = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.M))


ALL = sorted({tuple(words) for page in PAGES for words in commands(page.read_text())})


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_python_blocks_run(page, tmp_path):
    from mmengine.config import Config

    for number, block in enumerate(blocks(page, "python")):
        if block.startswith("_base_"):
            path = tmp_path / f"{number}.py"
            path.write_text(re.sub(r"'(mmaction_configs/[^']+)'", rf"'{ROOT}/\1'", block))
            assert Config.fromfile(path).model.type
        else:
            exec(compile(block, f"{page.name}, block {number}", "exec"), {})


@cache
def help_of(*module):
    done = subprocess.run([sys.executable, "-m", *module, "--help"], capture_output=True, text=True, check=False,
                          env={**os.environ, "COLUMNS": "1000"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def source(words):
    """What must name the options of a command: its help, its file, or nothing to be said here."""
    if words[0] == "vididi":
        parts = 3 if words[1] == "prepare" and words[2:] else 2  # each dataset is a command of its own
        return None if words[1:] in (("COMMAND",), ("--help",)) else help_of("vididi_transforms", *words[1:parts])
    if words[:2] == ("python", "-m"):
        assert importlib.util.find_spec(words[2])
        return None
    if words[0] == "python":
        assert (ROOT / words[1]).exists()
        return (ROOT / words[1]).read_text()
    if words[0] == "make":
        assert words[1].split("=")[0] in TARGETS
    for name in words[2:]:
        assert not name.endswith(".py") or Path(name).name in {*CONFIGS, "CONFIG.py", "NAME.py"}
    return None


@pytest.mark.slow
@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_commands_exist_with_their_options(words):
    text = source(words)
    if text is not None:
        assert [word for word in words if word.startswith("--") and word not in text] == []


def test_commands_are_found():
    assert ("make", "demo") in ALL
    assert len([words for words in ALL if words[0] == "mim"]) > 5
    assert {words[1] for words in ALL if words[0] == "vididi"} >= COMMANDS.keys()


@pytest.mark.slow
def test_a_first_afternoon(tmp_path):
    """The quick start's own lines, one after the other, with less to do."""
    less = {"motion-videos": ["--train", "40", "--test", "8"],
            "train": ["--cfg-options", "train_cfg.max_epochs=1", "train_dataloader.batch_size=8"]}
    ran = []
    for words in commands((ROOT / "docs/index.md").read_text()):
        if words[0] == "make":
            continue
        module = "vididi_transforms" if words[0] == "vididi" else words[0]
        line = [sys.executable, "-m", module, *words[1:], *less.get(words[1], [])]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        ran.append(words[1])
    assert ran == ["doctor", "motion-videos", "train"]
    assert list(tmp_path.glob("work_dirs/*/epoch_1.pth"))


@pytest.mark.slow
def test_the_pictures_can_be_drawn(tmp_path):
    draw = runpy.run_path(str(ROOT / "docs/tools/pictures.py"))["main"]
    draw.__globals__["OUT"] = tmp_path
    draw()
    committed = ROOT / "docs/pictures"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in committed.iterdir())
    assert all(Image.open(path).size == Image.open(committed / path.name).size for path in tmp_path.iterdir())


def test_the_api_has_every_public_name():
    import vididi_transforms
    import vididi_transforms.mmaction2 as plugin

    pages = {name: (ROOT / f"docs/api/{name}.md").read_text() for name in ("core", "mmaction2", "commands")}
    listed = set(re.findall(r"^::: vididi_transforms.mmaction2.(\w+)$", pages["mmaction2"], flags=re.M))
    assert listed == set(plugin.__all__)
    homes = {getattr(vididi_transforms, name).__module__ for name in vididi_transforms.__all__ if name != "SCHEDULES"}
    assert [home for home in homes if f"::: {home}" not in pages["core"]] == []
    assert [name for name in COMMANDS if f"`vididi {name}`" not in pages["commands"]] == []
