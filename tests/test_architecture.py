"""Which room may import which: a table, and the imports of every file."""
import ast
import shutil
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from paths import ROOT

PACKAGE = ROOT / "vididi_transforms"
CORE = ("derivatives", "pairs", "objectives", "augment", "data", "evaluation", "analysis")
ARROWS = {
    "derivatives": (),
    "pairs": ("derivatives",),
    "objectives": (),
    "augment": ("derivatives", "pairs"),
    "data": ("pairs",),
    "evaluation": ("objectives", "data"),
    "analysis": ("derivatives", "objectives", "data", "evaluation"),
    "mmaction2/compat": (),
    "mmaction2/tools": (),
    "mmaction2/datasets": ("mmaction2/compat", "pairs", "data"),
    "mmaction2/models": ("mmaction2/compat", "derivatives", "pairs", "objectives", "augment", "data"),
    "mmaction2/engine": ("mmaction2/compat", "mmaction2/datasets", "mmaction2/models", "pairs", "data"),
    "mmaction2/evaluation": ("mmaction2/compat", "mmaction2/datasets", "mmaction2/models", *CORE),
    "mmaction2/vididi_hook": ("mmaction2/engine", "mmaction2/models", "derivatives", "pairs"),
    "mmaction2/demo": ("mmaction2/tools", *CORE),
    "checks": (),  # every room may import this file
    "commands": ("data", "mmaction2/tools", "mmaction2/models", "mmaction2/evaluation", "mmaction2/demo"),
}
TOP = ("__init__", "__main__", "cli", "doctor", "mmaction2/__init__")  # these may import everything


def room_of(parts):
    """The folder of a module; the module itself in ``mmaction2/`` and at the top."""
    return "/".join(parts[:2]) if parts[:1] == ("mmaction2",) else "/".join(parts[:1])


def imported(path, package):
    """Modules of the package that a file imports, such as ``("data", "files")``.

    Imports for types count too.
    """
    folder = path.relative_to(package).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = folder[:len(folder) - node.level + 1]
            yield from targets(base + tuple((node.module or "").split(".") if node.module else ()), node, package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package.name:
            yield from targets(tuple(node.module.split(".")[1:]), node, package)
        elif isinstance(node, ast.Import):
            yield from (tuple(name.name.split(".")[1:]) for name in node.names
                        if name.name.split(".")[0] == package.name)


def targets(module, node, package):
    """The modules that one ``from ... import`` of the package imports.

    ``from .data import files`` names a module, ``from .data.files import inside`` only a name in one. A name that
    the package re-exports, as in ``from .. import ClipAugment``, counts as an import of its own module.
    """
    found = [(*module, alias.name) for alias in node.names] if len(module) < 2 else [module]
    return [reexported(package).get(target, target) for target in found]


@cache
def reexported(package):
    """Names of the package and of ``mmaction2``, each with the module it comes from."""
    return {(*folder, alias.name): (*folder, *node.module.split(".")) for folder in ((), ("mmaction2",))
            for node in ast.walk(ast.parse(package.joinpath(*folder, "__init__.py").read_text()))
            if isinstance(node, ast.ImportFrom) and node.level and node.module for alias in node.names}


def forbidden(package):
    """Every import that the table does not allow, as ``file imports module``."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        room = room_of(parts)
        if "/".join(parts) in TOP:
            continue
        for module in imported(path, package):
            other = room_of(module)
            if other not in (room, "checks", *ARROWS[room]) and other in {*ARROWS, "mmaction2", *TOP}:
                found.append(f"{path.relative_to(package)} imports {'.'.join(module)}")
    return found


def test_arrows_are_those_of_the_table():
    assert forbidden(PACKAGE) == []


def test_every_file_is_in_a_room():
    rooms = {room_of(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    assert rooms - {*TOP} == set(ARROWS)


def test_the_table_has_no_circle():
    assert list(TopologicalSorter(ARROWS).static_order())


@pytest.mark.parametrize(("file", "line", "module"), [
    ("derivatives/functional.py", "from ..data.files import write_text", "data.files"),
    ("objectives/vicreg.py", "from .. import evaluation", "evaluation"),
    ("objectives/vicreg.py", "from .. import recall_at_k", "evaluation"),
    ("augment/resample.py", "import vididi_transforms.analysis.taylor", "analysis.taylor"),
    ("mmaction2/compat/repairs.py",
     "def late():\n    from ..datasets import samplers", "mmaction2.datasets"),
    ("pairs/schedules.py", "from vididi_transforms import ClipAugment", "augment"),
    ("analysis/taylor.py", "from ..mmaction2.demo import config", "mmaction2.demo"),
    ("evaluation/features.py", "from vididi_transforms.analysis import html", "analysis.html"),
    ("mmaction2/models/recognizers.py", "from ..engine.resume import is_undamaged", "mmaction2.engine.resume"),
])
def test_a_planted_import_is_found(file, line, module, tmp_path):
    copy = shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", ".mim"))
    (copy / file).write_text(f"{(copy / file).read_text()}\n{line}\n")
    assert forbidden(copy) == [f"{file} imports {module}"]


def test_files_import_each_other_in_one_direction():
    """At run time; an import for types alone is none."""
    graph = {}
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node))]
        stripped = ast.unparse(tree)
        graph[path] = set(files_of(path, stripped))
    assert list(TopologicalSorter(graph).static_order())


def files_of(path, text):
    folder = path.parent
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level and path.name != "__init__.py":
            base = Path(folder, *[".."] * (node.level - 1), *(node.module or "").split(".")).resolve()
            for place in (base.with_suffix(".py"), *((base / alias.name).with_suffix(".py") for alias in node.names)):
                if place.exists():
                    yield place


def test_a_folder_holds_at_most_twelve_files():
    crowded = {str(folder.relative_to(ROOT)): number for folder in [PACKAGE, *PACKAGE.rglob("*")]
               if folder.is_dir() and not {"__pycache__", ".mim"} & {*folder.parts}
               and (number := sum(path.is_file() for path in folder.iterdir())) > 12}
    assert crowded == {}


@pytest.mark.parametrize("door", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_a_door_says_what_the_room_is_for(door):
    """The table is for tests; a person reads the door."""
    text = ast.get_docstring(ast.parse(door.read_text()))
    assert text
    if "/".join(door.parent.relative_to(PACKAGE).parts) in ARROWS:
        assert "May import" in text
