"""The pages are true and whole: code runs, commands exist with their options, files exist, sentences end."""
import importlib.util
import inspect
import os
import re
import runpy
from functools import cache
from pathlib import Path

import pytest
from page_commands import blocks, commands
from paths import ROOT
from PIL import Image
from stock_tools import run_forked

from vididi_transforms.cli import COMMANDS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
CONFIGS = {path.name for path in ROOT.glob("mmaction_configs/**/*.py")}
TARGETS = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.M))


ALL = sorted({tuple(words) for page in PAGES for words in commands(page.read_text())})


def with_snippets(page):
    """The text of a page, with the files that it includes."""
    return re.sub(r'--8<-- "([^"]+)"', lambda found: (ROOT / found[1]).read_text(), page.read_text())


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_python_blocks_run(page, tmp_path):
    from mmengine.config import Config

    for number, block in enumerate(blocks(page, "python")):
        if block.startswith("_base_"):
            path = tmp_path / f"{number}.py"
            path.write_text(re.sub(r"'(mmaction_configs/[^']+)'", rf"'{ROOT}/\1'", block))
            assert Config.fromfile(path).model.type
        elif "work_dirs/RUN" not in block:  # needs a run: mmaction2/engine/test_resume.py
            exec(compile(block, f"{page.name}, block {number}", "exec"), {})


@cache
def help_of(*program):
    return run_forked(*program, "--help", cwd=ROOT, env={**os.environ, "COLUMNS": "1000"})


def source(words):
    """The text that must contain the options of a command: its help or its file; None if there is nothing to check."""
    if words[0] == "vididi":
        parts = 3 if words[1] == "prepare" and words[2:] else 2  # each dataset is a command of its own
        named_only = words[1:] in (("COMMAND",), ("COMMAND", "--help"), ("--help",))
        return None if named_only else help_of("-m", "vididi_transforms", *words[1:parts])
    if words[:2] == ("python", "-m"):
        assert importlib.util.find_spec(words[2])
        return None
    if words[0] == "python":
        return help_of(words[1]) if words[2:] else (ROOT / words[1]).read_text()
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
    """The lines of the quick start, one after the other, with less to do."""
    less = {"motion-videos": ["--train", "40", "--test", "8"],
            "train": ["--cfg-options", "train_cfg.max_epochs=1", "train_dataloader.batch_size=8"]}
    ran = []
    for words in commands((ROOT / "docs/index.md").read_text()):
        if words[0] == "make":
            continue
        module = "vididi_transforms" if words[0] == "vididi" else words[0]
        run_forked("-m", module, *words[1:], *less.get(words[1], []), cwd=tmp_path)
        ran.append(words[1])
    assert ran == ["doctor", "motion-videos", "train"]
    assert list(tmp_path.glob("work_dirs/*/epoch_1.pth"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_of_code_are_short_with_comments_above(page):
    code = re.findall(r"^```\w*\n(.*?)^```$", with_snippets(page), flags=re.M | re.S)
    lines = [line for block in code for line in block.splitlines()]
    assert [line for line in lines if len(line) > 88] == []
    assert [line for line in lines if re.search(r"\S +# (?!noqa|isort)", line)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_paragraph_ends(page):
    """With a full stop or a colon; headings, tables, pictures and API entries are whole without."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n|\n(?=- |    |\|)", text) if part.strip()]
    prose = [part for part in paragraphs if not re.match(r"#|\||!\[|<img|:::|options:|--8<--|\*\*.*\*\*$", part)]
    assert [part for part in prose if not re.search(r"[.:?!;](\*\*)?$", part)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_and_tests_exist(page):
    """But for docs/mutants.md, which is a record of a run."""
    if page.name == "mutants.md":
        return
    text = page.read_text()
    for path, name in re.findall(r"`(?:\.\./)*((?:tests|docs|examples|benchmarks|mmaction_configs|vididi_transforms)"
                                 r"/[\w./-]+?)(?:::(\w+))?`", text):
        assert (ROOT / path).exists(), path
        assert not name or f"def {name}(" in (ROOT / path).read_text(), name
    for path in re.findall(r"`((?!tests/)(?:\w+/)*test_\w+\.py)\b", text):
        assert list((ROOT / "tests").rglob(path)), path


def test_no_page_names_modules_that_vididi_runs():
    lines = [line for page in PAGES for line in page.read_text().splitlines() if "-m vididi_transforms" in line]
    assert [line for line in lines if "-m vididi_transforms.mmaction2.tools.train" not in line] == []


def test_switches_of_the_fidelity_page_are_arguments():
    """``Name(argument=...)`` of that name, and a bare ``argument=value`` of any public name."""
    import vididi_transforms as core
    import vididi_transforms.mmaction2 as plugin

    public = {name: getattr(module, name) for module in (core, plugin) for name in module.__all__}
    arguments = {name: {*inspect.signature(value).parameters} for name, value in public.items()
                 if callable(value) and name != "VideoReadError"}
    switches = re.findall(r"^\|.*\| ([^|]+) \|$", (ROOT / "docs/fidelity.md").read_text(), flags=re.M)
    calls = [call for cell in switches for call in re.findall(r"`(\w+)\((.*?)\)`", cell)]
    assert len(calls) >= 6
    for name, given in calls:
        assert {*re.findall(r"(\w+)=", given)} <= arguments[name], name
    bare = [name for cell in switches for name in re.findall(r"`(\w+)=[^`]*`", cell)]
    assert len(bare) >= 4
    assert {*bare} <= set().union(*arguments.values())


def test_no_page_says_that_the_background_is_of_no_use():
    """It still helps in the pair (0, 0), where both clips are frames."""
    assert [page.name for page in PAGES if re.search(r"cannot use\s+the\s+background", page.read_text())] == []
    method = (ROOT / "docs/method.md").read_text()
    assert "In the pair (0, 0) both\nclips are frames, so the background still helps" in method


def test_navigation_has_every_page():
    listed = re.findall(r": ([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(), flags=re.M)
    assert sorted(listed) == sorted(str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md"))


def test_contributing_has_the_table_of_the_architecture():
    test = runpy.run_path(str(ROOT / "tests/test_architecture.py"))
    rows = re.findall(r"^\| `([\w/]+)` \|.*\| (.*) \|$", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.M)
    cells = {room: re.findall(r"`([\w/]+)`", cell) + [*test["CORE"]] * cell.endswith("the core") for room, cell in rows}
    assert {room: set(arrows) for room, arrows in cells.items()} == {
        room: set(arrows) for room, arrows in test["ARROWS"].items()}


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
    rows = re.findall(r"^\| `vididi ([\w-]+)` \| (.*) \|$", pages["commands"], flags=re.M)
    assert rows == [(name, command.summary) for name, command in COMMANDS.items()]
