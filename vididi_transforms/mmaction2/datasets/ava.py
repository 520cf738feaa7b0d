"""AVA's proposals, which come as a pickled file, read as data."""
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
    """Stock ``AVADataset``, but reading its proposals runs no code: the file may hold arrays by name and no more.

    Args:
        proposal_file: pickled dict from ``'video,0902'`` to boxes and scores ``[N, 5]``.
        kwargs: as there.

    Raises:
        ValueError: the file of proposals asks for anything else than arrays.

    Example (config):
        ``dict(type='SafeAVADataset', ann_file='ava_train_v2.1.csv', pipeline=[])``, with ``proposal_file`` for the
        boxes of people
    """

    def __init__(self, *, proposal_file: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.proposal_file = proposal_file
        self.proposals = None if proposal_file is None else read_proposals(proposal_file)


def read_proposals(path: str) -> dict[str, np.ndarray]:
    """The arrays of a pickled dict; no code in it is run.

    Raises:
        ValueError: it asks for anything else.
    """
    try:
        content = ArrayUnpickler(io.BytesIO(get(path))).load()
    except pickle.UnpicklingError as error:
        raise ValueError("proposals are arrays by name, and no code of their file is run: "
                         f"{path} was refused, {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"proposals are arrays by name: {path} holds {type(content).__name__}")
    return {key: np.asarray(value) for key, value in content.items()}


class ArrayUnpickler(pickle.Unpickler):
    """Reads numbers, text, arrays, and lists, tuples and dicts of them."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for."""
        found = ARRAYS.get(f"{module.replace('__builtin__', 'builtins')}.{name}")  # as Python 2 wrote it
        if found is None:
            raise pickle.UnpicklingError(f"as it asks for {module}.{name}")
        return found
