"""Replaces modules that OpenMMLab's releases lack, and installs all repairs.

The replacements come from a finder *behind* the others on ``sys.meta_path``, so a real module always wins.
"""
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import torch
from mmengine.logging import print_log

from . import batches, launchers, new_transformers, safe_loading


@dataclass(frozen=True)
class Repair:
    """A replacement for a missing module.

    Args:
        module: full name of the missing module.
        reason: why it is missing, and what replaces it.
        upstream: the upstream issue.
        fill: function that defines the names in the new module.
        is_package: whether the module has submodules.
    """

    module: str
    reason: str
    upstream: str
    fill: Callable[[ModuleType], None]
    is_package: bool = False


def _fill_drn(module: ModuleType) -> None:
    class DRN(torch.nn.Module):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise NotImplementedError("the localizer DRN is missing from the mmaction2 1.2.0 wheel: install MMAction2 "
                                      "from its repository to use it")

    module.DRN = DRN  # type: ignore[attr-defined]


def _fill_mmcv_ext(module: ModuleType) -> None:
    from . import torchvision_ops

    def operator(name: str) -> Any:  # called for names that are not defined in the module
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(torchvision_ops, name, None) or torchvision_ops.missing_operator(name)

    module.__getattr__ = operator  # type: ignore[method-assign]


def _fill_functional_tensor(module: ModuleType) -> None:
    real = importlib.import_module("torchvision.transforms._functional_tensor")
    module.__dict__.update({name: value for name, value in vars(real).items() if not name.startswith("__")})


_DRN = "the mmaction2 1.2.0 wheel lacks this folder; the DRN class raises an error that says so"
REPAIRS = (
    Repair("mmaction.models.localizers.drn", _DRN, "open-mmlab/mmaction2#2714", lambda module: None, is_package=True),
    Repair("mmaction.models.localizers.drn.drn", _DRN, "open-mmlab/mmaction2#2714", _fill_drn),
    Repair("mmcv._ext", "this mmcv has no compiled operators; RoIAlign and NMS come from torchvision",
           "mmcv-lite, by design", _fill_mmcv_ext),
    Repair("torchvision.transforms.functional_tensor", "torchvision >= 0.17 renamed it; pytorchvideo 0.1.5 imports "
           "the old name", "facebookresearch/pytorchvideo#258", _fill_functional_tensor),
)


class FallbackFinder(MetaPathFinder, Loader):
    """Imports the modules in :data:`REPAIRS` that no other finder knows."""

    def __init__(self, repairs: Sequence[Repair] = REPAIRS) -> None:
        self.repairs = {repair.module: repair for repair in repairs}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Spec of a module in the list; None for all others."""
        repair = self.repairs.get(fullname)
        if repair is None:
            return None
        return ModuleSpec(fullname, self, origin="vididi_transforms", is_package=repair.is_package)

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module and log the repair in one line."""
        repair = self.repairs[module.__name__]
        if not repair.is_package:
            print_log(f"vididi_transforms repairs {repair.module} ({repair.upstream})", "current", logging.INFO)
        repair.fill(module)


def install() -> None:
    """Install the finder behind the real ones, and the other repairs, once."""
    if not any(isinstance(finder, FallbackFinder) for finder in sys.meta_path):
        sys.meta_path.append(FallbackFinder())
        safe_loading.install()
        launchers.install()
        batches.install()
        new_transformers.install()
