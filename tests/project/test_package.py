"""The package itself: what it imports, its public names, its wheel."""
import subprocess
import sys
import zipfile

import pytest
from paths import ROOT

import vididi_transforms as vt

OPTIONAL = ("mmengine", "mmaction", "mmcv", "mmdet", "torchvision", "matplotlib", "sklearn", "av", "tqdm", "timm",
            "tensorboard")


CORE = ("augment", "data.motion_videos", "analysis.derivative_strip", "analysis.saliency",
        "analysis.saliency_pictures", "data.prepare.command", "evaluation.clustering.command",
        "analysis.report.command", "data.verify_videos")
IMPORTS = """
import os, sys, torch
before = set(sys.modules)
for module in sys.argv[1:]:
    if os.fork() == 0:
        __import__(module)
        print(module, *{name.split(".")[0] for name in set(sys.modules) - before}, flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""


@pytest.fixture(scope="module")
def imported():
    """What each module imports besides torch, by its name. Each is imported in a process forked from a new one."""
    modules = [f"vididi_transforms.{module}" for module in (*CORE, "mmaction2.compat.repairs")]
    result = subprocess.run([sys.executable, "-c", IMPORTS, *modules], stdout=subprocess.PIPE, text=True, check=True,
                            cwd="/")
    lines = [line.split() for line in result.stdout.splitlines()]
    return {module.removeprefix("vididi_transforms."): set(names) for module, *names in lines}


@pytest.mark.parametrize("module", CORE)
def test_core_imports_nothing_optional(imported, module):
    assert "vididi_transforms" in imported[module]
    assert not imported[module] & set(OPTIONAL)


def test_the_check_of_imports_can_fail(imported):
    assert "mmengine" in imported["mmaction2.compat.repairs"]


def test_core_works_where_nothing_else_is_installed():
    """All optional modules are hidden."""
    code = f"""
import sys
for name in {OPTIONAL!r}: sys.modules[name] = None
import torch, vididi_transforms as vt
selector = vt.PairSelector('vididi', seed=0)
v = torch.rand(4, 3, 8, 16, 16)
x, x2 = vt.differentiate_pair(v, v, *selector.orders(0, 0))
z, z2 = (vt.build_projector(3, 8, 8)(x.mean((2, 3, 4))) for x in (x, x2))
print(float(sum(vt.vicreg_loss(z, z2).values())))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert float(result.stdout) > 0


@pytest.mark.parametrize("name", vt.__all__)
def test_public_names_are_documented(name):
    public = getattr(vt, name)
    if name != "SCHEDULES":
        assert "Example:" in public.__doc__
        assert ">>>" in public.__doc__


def test_no_module_is_named_after_a_backbone_library():
    """MMAction2 searches module paths for these words."""
    names = [path.stem for path in (ROOT / "vididi_transforms").rglob("*.py")]
    assert not {"torchvision", "timm", "mmcls", "mmpretrain"} & set(names)


@pytest.mark.slow
def test_wheel_has_the_package_the_configs_and_nothing_else(tmp_path):
    options = ["--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(ROOT)]
    subprocess.run(command, capture_output=True, check=True)
    wheel, = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "vididi_transforms/mmaction2/vididi_hook.py" in names
    assert "vididi_transforms/.mim/configs/pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py" in names
    assert {name.split("/")[0] for name in names} == {"vididi_transforms",
                                                      f"vididi_transforms-{vt.__version__}.dist-info"}
