"""The messages in the FAQ are those that users see."""
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from paths import ROOT

PAGE = (ROOT / "docs/faq.md").read_text()
CAUSES = {
    "No module named 'mmaction.models.localizers.drn'":
        "import sys; sys.modules['mmpretrain'] = None; import mmaction.models",
    "mat1 and mat2 shapes cannot be multiplied": "import torch; torch.nn.Linear(4, 4)(torch.rand(2, 8))",
    "No module named 'mmcv._ext'": "import mmcv.ops",
    "No module named 'torchvision.transforms.functional_tensor'": "import torchvision.transforms.functional_tensor",
    "cannot import name 'apply_chunking_to_forward' from 'transformers.modeling_utils'": """
import sys
from unittest.mock import MagicMock
drn = "mmaction.models.localizers.drn"  # which MMAction2's repository has
sys.modules |= {"mmpretrain": None, drn: MagicMock(), f"{drn}.drn": MagicMock()}
import mmaction.models
""",
    "TypeError: NoneType takes no arguments": "import mmpretrain.models",
    "MMCV==2.2.0 is used but incompatible": "import mmcv; mmcv.__version__ = '2.2.0'; import mmdet",
    "ViDiDiHook is not in the mmaction::hook registry":
        "from mmaction.registry import HOOKS; HOOKS.build(dict(type='ViDiDiHook'))",
    "Duplicate key is not allowed among bases": """
from mmengine.config import Config
for name, text in dict(a="x = dict(a=1)", b="x = dict(a=2)", c="_base_ = ['a.py', 'b.py']").items():
    with open(name + ".py", "w") as file:
        file.write(text)
Config.fromfile("c.py")
""",
    "Expected more than 1 value per channel when training": """
import torch
from vididi_transforms.objectives import build_projector
build_projector(4, 8, 8)(torch.rand(1, 4))
""",
}
SOURCES = {
    "No module named 'pkg_resources'": ("mim.commands.list", "import pkg_resources"),
    '"FileClient" will be deprecated': ("mmengine.fileio.file_client", '"FileClient" will be deprecated'),
    '"HardDiskBackend" is the alias of "LocalBackend"': ("mmengine.fileio.file_client",
                                                         '"HardDiskBackend" is the alias'),
    "save_param_scheduler is True but self.param_schedulers is None": ("mmengine.runner.runner",
                                                                       "is True but `self.param_schedulers`"),
}


OURS = {
    "training on two views needs inputs [B, 2, C, T, H, W]": "mmaction2/models",
    "in_channels of the head must be the width of the encoder's feature": "mmaction2/models",
    "SlowFast with resample_rate=": "mmaction2/models",
    "needs clips of as many frames": "mmaction2/models",
    "a 2-D encoder takes pictures [B, C, H, W]": "mmaction2/models",
    "every parameter of the encoder should get a gradient": "mmaction2/engine",
    "the schedule takes derivatives up to order 2, so clips need at least 3 frames": "mmaction2",
    "cannot read video '...'": "mmaction2/datasets",
    "a run can only be resumed with its own schedule": "pairs",
    "its code is never run: torch's safe loader refused ...": "mmaction2/compat",
    "losses, gradients and weights must be finite: in step ...": "mmaction2/engine",
    "vididi_transforms repairs ...": "mmaction2/compat",
    "vididi_transforms skips the language models of ...": "mmaction2/compat",
    "the mmcv operator '...' has no replacement in torchvision": "mmaction2/compat",
}


@pytest.mark.parametrize("message", OURS)
def test_this_package_says_this(message):
    """In its source, where a value stands in place of ``...`` and of a number."""
    assert f"`{message}`" in PAGE
    sources = "".join(path.read_text() for path in sorted((ROOT / "vididi_transforms" / OURS[message]).rglob("*.py")))
    text = re.sub(r"""["']\n\s*f?["']""", "", sources)
    words = re.split(r"'?\.\.\.'?|\d", message)
    assert re.search(r"\{?[^\n]{0,40}?".join(re.escape(part.removesuffix("schedule")) for part in words), text)


@pytest.mark.parametrize("message", CAUSES)
def test_what_fails_says_this(message, tmp_path):
    assert f"`{message}`" in PAGE
    result = subprocess.run([sys.executable, "-c", CAUSES[message]], capture_output=True, text=True, check=False,
                            cwd=tmp_path)
    assert result.returncode != 0
    assert message in result.stderr


@pytest.mark.parametrize("message", SOURCES)
def test_other_libraries_say_this(message):
    module, words = SOURCES[message]
    assert f"`{message}`" in PAGE
    assert words in Path(find_spec(module).origin).read_text()


def test_every_message_but_those_of_the_machine_is_checked():
    rows = re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE)
    quoted = {message for row in rows for message in re.findall(r"`([^`]+)`", row)}
    machine = {"libGL.so.1: cannot open shared object file", "CUDA out of memory", "Address already in use",
               "DataLoader worker (pid ...) is killed by signal: Bus error", "pkg_resources is deprecated as an API",
               "'pin_memory' argument is set as true but no accelerator is found"}  # newer versions of PyTorch
    assert quoted == {*OURS, *CAUSES, *SOURCES, *machine}
