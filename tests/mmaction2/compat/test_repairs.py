"""Each repair makes the broken import work, and a real module always wins."""
import importlib
import io
import os
import pickle
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torchvision
from mmengine.logging import HistoryBuffer

from vididi_transforms import doctor
from vididi_transforms.mmaction2.compat import new_transformers
from vididi_transforms.mmaction2.compat import repairs as compat


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def stack():
    """A new process that uses all packages after our import; its output, and its errors with the log."""
    result = run("""
import os
import vididi_transforms.mmaction2
import mmaction, mmaction.models, mmdet.models, mmpretrain.models
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
name = '.mim/configs/detection/slowonly/slowonly_kinetics400-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb.py'
init_default_scope('mmaction')
print(type(MODELS.build(Config.fromfile(os.path.join(os.path.dirname(mmaction.__file__), name)).model)).__name__)
print('MobileOneTSM' in MODELS, 'SimCLR' in mmpretrain.registry.MODELS)
MODELS.build(dict(type='VindLURetrieval'))
""")
    return result.stdout, result.stdout + result.stderr


def test_one_import_makes_the_stack_work(stack):
    """MMAction2's AVA detector builds, and each repair in use logs one line."""
    output, log = stack
    assert "FastRCNN" in output.splitlines(), log
    import mmcv
    has_operators = any(name.startswith("_ext.") for name in os.listdir(os.path.dirname(mmcv.__file__)))
    assert log.count("repairs mmcv._ext (") == (0 if has_operators else 1)


def test_a_real_module_wins_and_a_broken_mmpretrain_is_left_alone(tmp_path):
    """In a new process, with a module in place of mmcv's compiled operators and one of mmpretrain that is missing."""
    (tmp_path / "_ext.py").write_text("real = True\ndef __getattr__(name):\n    return lambda *args, **kwargs: None\n")
    result = run(f"""
import sys
sys.modules['mmpretrain.apis'] = None
import mmcv
mmcv.__path__.append({str(tmp_path)!r})
import vididi_transforms.mmaction2
print('good')
import mmcv._ext
print(mmcv._ext.real)
""")
    assert result.stdout.splitlines()[-2:] == ["good", "True"], result.stderr


def test_finder_is_installed_once_and_behind_the_real_ones():
    compat.install()
    assert [isinstance(finder, compat.FallbackFinder) for finder in sys.meta_path].count(True) == 1
    kinds = [finder if isinstance(finder, type) else type(finder) for finder in sys.meta_path]
    assert kinds.index(compat.FallbackFinder) > kinds.index(importlib.machinery.PathFinder)


@pytest.fixture
def rois():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 3, 16, 16, generator=generator, dtype=torch.float64)
    corners = torch.rand(5, 2, generator=generator, dtype=torch.float64) * 60
    sizes = torch.rand(5, 2, generator=generator, dtype=torch.float64) * 60 + 1
    index = torch.tensor([[0.0], [1.0], [0.0], [1.0], [1.0]], dtype=torch.float64)
    return features.requires_grad_(), torch.cat((index, corners, corners + sizes), dim=1)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("sampling_ratio", [0, 2])
def test_roi_align_is_torchvisions(rois, aligned, sampling_ratio):
    from mmcv.ops import roi_align
    features, boxes = rois
    ours = roi_align(features, boxes, (7, 5), 0.25, sampling_ratio, "avg", aligned)
    theirs = torchvision.ops.roi_align(features, boxes, (7, 5), 0.25, sampling_ratio, aligned)
    assert torch.equal(ours, theirs)
    weights = torch.randn_like(ours)
    gradients = [torch.autograd.grad((out * weights).sum(), features)[0] for out in (ours, theirs)]
    assert gradients[0].abs().sum() > 0
    assert torch.equal(*gradients)


@pytest.mark.parametrize("offset", [0, 1])
def test_nms_is_the_definition(offset):
    from mmcv.ops import nms
    generator = torch.Generator().manual_seed(0)
    corners = torch.randint(0, 40, (60, 2), generator=generator).float()
    boxes = torch.cat((corners, corners + torch.randint(1, 30, (60, 2), generator=generator)), dim=1)
    scores = torch.rand(60, generator=generator)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if all(_iou(boxes[i], boxes[j], offset) <= 0.4 for j in kept):
            kept.append(i)
    assert nms(boxes, scores, 0.4, offset)[1].tolist() == kept
    assert 0 < len(kept) < 60


def _iou(a, b, offset):
    near, far = torch.maximum(a[:2], b[:2]), torch.minimum(a[2:], b[2:])
    shared = (far - near + offset).clamp(min=0).prod()
    return shared / ((a[2:] - a[:2] + offset).prod() + (b[2:] - b[:2] + offset).prod() - shared)


def test_other_operators_raise_with_a_way_out():
    from mmcv.ops import RoIAlign, sigmoid_focal_loss
    with pytest.raises(NotImplementedError, match=r"'sigmoid_focal_loss_forward' has no replacement .* mim install"):
        sigmoid_focal_loss(torch.zeros(2, 3), torch.zeros(2, dtype=torch.long))
    with pytest.raises(NotImplementedError, match="pool_mode='max'"):
        RoIAlign(2, 1.0, pool_mode="max")(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5))


def test_the_missing_localizer_raises():
    from mmaction.models.localizers import DRN
    with pytest.raises(NotImplementedError, match="DRN is missing from the mmaction2"):
        DRN()


def test_old_name_for_pytorchvideo():
    old = importlib.import_module("torchvision.transforms.functional_tensor")
    image = torch.rand(3, 4, 4)
    assert torch.equal(old.adjust_brightness(image, 0.5), image * 0.5)


def test_a_new_transformers_does_not_break_the_import(stack):
    """Both packages can be imported after our import, which logs one line for each."""
    output, log = stack
    assert "True True" in output, log
    assert "ImportError: VindLURetrieval requires extra multi-modal dependencies" in log
    for release, bound in (("mmaction2", "4.56"), ("mmpretrain", "4.52")):
        line = f"skips the language models of {release}, which need transformers < {bound}"
        assert log.count(line) == 1


@pytest.mark.parametrize(("transformers", "mmaction2", "kept"), [
    ("4.55.4", "1.2.0", True),  # the models can be imported
    ("4.56.0", "1.2.0", False),
    ("5.24.0", "1.2.0", False),
    ("5.24.0", "1.3.0", True),  # a later release may support it
    (None, "1.2.0", True),
    ("5.24.0", None, True),  # a module mmaction that is not MMAction2
])
def test_language_models_are_kept_if_they_work(monkeypatch, transformers, mmaction2, kept):
    versions = dict(transformers=transformers, mmaction2=mmaction2)

    def version_of(name):
        if versions.get(name) is None:
            raise PackageNotFoundError(name)
        return versions[name]

    dependency = importlib.import_module("mmaction.utils.dependency")
    monkeypatch.setattr(new_transformers, "version", version_of)
    monkeypatch.setattr(dependency, "WITH_MULTIMODAL", True)
    new_transformers.install()
    assert dependency.WITH_MULTIMODAL is kept


def test_history_buffers_load_safely():
    history = HistoryBuffer([1.0, 2.0], [1, 1])
    file = io.BytesIO()
    torch.save(dict(buffer=history, array=np.arange(3), number=np.float64(0.5)), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    assert loaded["buffer"].mean() == 1.5
    assert loaded["array"].tolist() == [0, 1, 2]
    assert loaded["number"] == 0.5


class Evil:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("evil", [
    Evil(os.system, "true"),
    Evil(eval, "1"),
    Evil(getattr, np.ndarray, "tofile"),
    Evil(getattr, HistoryBuffer, "__init__"),
    Evil(getattr, HistoryBuffer, "update"),
    Evil(getattr, "text", "format"),
], ids=lambda evil: str(evil.call[1][-1]))
def test_code_in_a_checkpoint_is_refused(evil):
    file = io.BytesIO()
    torch.save(dict(state_dict={}, evil=evil), file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(file, weights_only=True)


@pytest.mark.parametrize("breakage", ["sys.modules['mmengine'] = None", "import mmcv; mmcv.__version__ = '2.2.0'"])
def test_doctor_survives_a_broken_stack(breakage):
    result = run(f"import sys\n{breakage}\nfrom vididi_transforms import cli\n"
                 "sys.exit(cli.main(['doctor']))")
    assert result.returncode == 1
    assert "MMAction2 cannot be used: " in result.stdout
    assert result.stdout.endswith("\nNext: pip install 'vididi-transforms[mmaction2]'\n")


@pytest.mark.parametrize(("names", "cuda", "message"), [
    (["NVIDIA A", "NVIDIA B"], "13.0", "NVIDIA A, 80 GiB, 2 in all"),
    ([], "13.0", "none; this PyTorch is built for CUDA 13.0: no NVIDIA GPU or no driver for it was found"),
    ([], None, "none; this PyTorch is built without CUDA")])
def test_doctor_names_the_gpu(monkeypatch, names, cuda, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(names))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(names))
    monkeypatch.setattr(torch.cuda, "get_device_properties",
                        lambda index: SimpleNamespace(name=names[index], total_memory=80 * 2**30))
    monkeypatch.setattr(torch.version, "cuda", cuda)
    assert doctor.gpu() == message


def test_doctor_reports():
    result = subprocess.run([sys.executable, "-m", "vididi_transforms", "doctor"], capture_output=True,
                            text=True, check=True)
    assert f"torch {version('torch')}" in result.stdout
    assert result.stdout.endswith("\nNext: vididi demo\n")
    for repair in compat.REPAIRS:
        assert repair.module in result.stdout
    assert "active      language models of mmpretrain: skipped, they need transformers < 4.52" in result.stdout
