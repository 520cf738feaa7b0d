"""No shell sees a user's text, and nothing runs what a file holds: each use that could is listed with its reason."""
import ast
import re

import pytest
from paths import ROOT

FOLDERS = ("vididi_transforms", "mmaction_configs", "benchmarks")
SHELL = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn"}
CODE = {"eval", "exec", "__import__", "runpy.run_path", "runpy.run_module", "pickle.load", "pickle.loads",
        "pickle.Unpickler", "marshal.load", "marshal.loads", "shelve.open", "dill.load", "joblib.load", "yaml.load",
        "yaml.unsafe_load", "yaml.full_load", "torch.hub.load", "mmengine.config.Config.fromstring",
        "mmengine.load", "mmengine.fileio.load"}
SAFE_IF = {"torch.load": ("weights_only", True), "torch.hub.load_state_dict_from_url": ("weights_only", True),
           "torch.utils.model_zoo.load_url": ("weights_only", True), "numpy.load": ("allow_pickle", False)}
RIGHT = {
    ("vididi_transforms/mmaction2/datasets/ava.py", "pickle.Unpickler"): "its find_class knows arrays and nothing else",
    ("vididi_transforms/data/worker_processes.py", "pickle.loads"):
        "from its own forked process, through a pipe",
    ("vididi_transforms/mmaction2/tools/stock.py", "runpy.run_path"): "MMAction2's own tools, in its package",
}


def dangerous(text):
    """Full names of what is used in a program and could run a text or a file."""
    tree = ast.parse(text)
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = _full(node, names)
            if name in SHELL | CODE:
                yield name
        if isinstance(node, ast.Call):
            yield from _bad_call(_full(node.func, names), node)


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name.split(".")[0], alias.name if alias.asname else
                         alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _full(node, names):
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def _bad_call(name, node):
    given = {word.arg: word.value for word in node.keywords}
    if "shell" in given and ast.unparse(given["shell"]) != "False":
        yield "shell=True"
    if name.startswith("subprocess.") and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
        yield "a command in one string"
    if name in SAFE_IF:
        word, value = SAFE_IF[name]
        if word not in given or ast.unparse(given[word]) != str(value):
            yield name


def test_every_dangerous_use_is_listed():
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(paths) > 100
    found = {(path.relative_to(ROOT).as_posix(), name) for path in paths for name in dangerous(path.read_text())}
    assert found == RIGHT.keys()


@pytest.mark.parametrize(("text", "name"), {
    "import subprocess\nsubprocess.run(x, shell=True)": "shell=True", "eval(x)": "eval",
    "import subprocess\nsubprocess.run(x, shell=y)": "shell=True", "list(map(exec, x))": "exec",
    "from subprocess import run as r\nr(f'ls {x}')": "a command in one string",
    "import os\nos.system(x)": "os.system", "import os as o\no.popen(x)": "os.popen",
    "import pickle\npickle.load(x)": "pickle.load", "from pickle import loads\nloads(x)": "pickle.loads",
    "import pickle\nclass A(pickle.Unpickler): pass": "pickle.Unpickler",
    "import torch\ntorch.load(x)": "torch.load", "import torch\ntorch.load(x, weights_only=False)": "torch.load",
    "from torch.hub import load_state_dict_from_url as f\nf(x)": "torch.hub.load_state_dict_from_url",
    "import numpy as np\nnp.load(x)": "numpy.load", "import yaml\nyaml.load(x, Loader=y)": "yaml.load",
}.items())
def test_dangerous_uses_are_found(text, name):
    assert list(dangerous(text)) == [name]


@pytest.mark.parametrize("text", [
    "model.eval()", "import torch\ntorch.load(x, weights_only=True)",
    "import numpy as np\nnp.load(x, allow_pickle=False)", "import yaml\nyaml.safe_load(x)",
    "import subprocess\nsubprocess.run([x, y], check=True)",
])
def test_harmless_uses_are_not(text):
    assert not list(dangerous(text))


def test_the_page_about_security_names_real_tests():
    rows = re.findall(r"`(test_\w+\.py): (test_\w+)`", (ROOT / "docs/security.md").read_text())
    assert len(rows) > 15
    for file, name in rows:
        path, = (ROOT / "tests").rglob(file)
        assert f"def {name}(" in path.read_text()
