"""MMAction2 and MMPretrain 1.2.0 beside a transformers that they do not know.

Their language models ask transformers for names that it no longer has, so that ``import mmaction.models`` fails for
everybody who has it. Both leave these models out where transformers is missing; here also where it is too new.
"""
import importlib
import logging
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mmengine.logging import print_log
from mmengine.utils import digit_version

LAST_RELEASE = "1.2.0"
TOO_NEW = (  # package, its name as a release, the first transformers whose modeling_utils lacks ...
    ("mmaction", "mmaction2", "4.56"),  # apply_chunking_to_forward
    ("mmpretrain", "mmpretrain", "4.52"),  # GenerationMixin
)


def install() -> None:
    """Turn the packages' own switch off where their models cannot be imported, with one line in the log for each."""
    for package, release, bound in TOO_NEW:
        if not is_broken(release, bound):
            continue
        try:
            dependency: Any = importlib.import_module(f"{package}.utils.dependency")
        except ImportError:  # MMAction2 does without an MMPretrain that cannot be imported
            continue
        if dependency.WITH_MULTIMODAL:
            dependency.WITH_MULTIMODAL = False
            print_log(f"vididi_transforms leaves out the language models of {release}, which need "
                      f"transformers < {bound}", "current", logging.INFO)


def is_broken(release: str, bound: str) -> bool:
    """Whether a package is installed whose language models do not know the installed transformers."""
    try:
        transformers, installed = digit_version(version("transformers")), digit_version(version(release))
    except PackageNotFoundError:
        return False
    return transformers >= digit_version(bound) and installed <= digit_version(LAST_RELEASE)
