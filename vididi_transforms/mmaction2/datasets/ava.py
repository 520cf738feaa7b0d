"""AVA's person boxes, loaded from their pickled file without running code."""
import io
import pickle
from typing import Any

import numpy as np
from mmaction.datasets import AVADataset
from mmaction.registry import DATASETS
from mmengine.fileio import get

from ..compat.safe_unpickling import ARRAYS


@DATASETS.register_module()
class SafeAVADataset(AVADataset):
    """Stock ``AVADataset`` that loads its pickled proposals without running code.

    Args:
        proposal_file: pickled dict from ``'video,0902'`` (video and second) to boxes and scores ``[N, 5]``.
        kwargs: arguments of ``AVADataset``.

    Raises:
        ValueError: If the file of proposals contains anything but a dict of arrays.

    Example (config):
        ``dict(type='SafeAVADataset', ann_file='ava_train_v2.1.csv', proposal_file='proposals.pkl', pipeline=[])``
    """

    def __init__(self, *, proposal_file: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.proposal_file = proposal_file
        self.proposals = None if proposal_file is None else read_proposals(proposal_file)


def read_proposals(path: str) -> dict[str, np.ndarray]:
    """Return the arrays of a pickled dict.

    Raises:
        ValueError: If the file contains anything else.
    """
    try:
        content = ArrayUnpickler(io.BytesIO(get(path))).load()
    except pickle.UnpicklingError as error:
        raise ValueError("proposals must be a dict of arrays, and no code of their file is run: "
                         f"{path} was refused, {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"proposals must be a dict of arrays: {path} contains {type(content).__name__}")
    return {key: np.asarray(value) for key, value in content.items()}


class ArrayUnpickler(pickle.Unpickler):
    """Loads numbers, text, arrays, and lists, tuples and dicts of them."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the object for a name in the file."""
        found = ARRAYS.get(f"{module.replace('__builtin__', 'builtins')}.{name}")  # the name in Python 2
        if found is None:
            raise pickle.UnpicklingError(f"as it asks for {module}.{name}")
        return found
