"""Makes MMAction2 and MMPretrain 1.2.0 work with newer releases of transformers.

Their language models import names that transformers has removed, so ``import mmaction.models`` fails if a newer
release is installed. Both packages skip these models if transformers is missing; here they also skip them if it is
too new.
"""
import importlib
import logging
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mmengine.logging import print_log
from mmengine.utils import digit_version

LAST_RELEASE = "1.2.0"
TOO_NEW = (  # module, distribution, first release of transformers without the name that it imports
    ("mmaction", "mmaction2", "4.56"),  # apply_chunking_to_forward
    ("mmpretrain", "mmpretrain", "4.52"),  # GenerationMixin
)


def install() -> None:
    """Switch off language models that cannot be imported; logs a line per package."""
    for package, release, bound in TOO_NEW:
        if not is_broken(release, bound):
            continue
        try:
            dependency: Any = importlib.import_module(f"{package}.utils.dependency")
        except ImportError:  # MMAction2 works without MMPretrain
            continue
        if dependency.WITH_MULTIMODAL:
            dependency.WITH_MULTIMODAL = False
            print_log(f"vididi_transforms skips the language models of {release}, which need transformers < {bound}",
                      "current", logging.INFO)


def is_broken(release: str, bound: str) -> bool:
    """Whether the installed package breaks with the installed transformers."""
    try:
        transformers, installed = digit_version(version("transformers")), digit_version(version(release))
    except PackageNotFoundError:
        return False
    return transformers >= digit_version(bound) and installed <= digit_version(LAST_RELEASE)
