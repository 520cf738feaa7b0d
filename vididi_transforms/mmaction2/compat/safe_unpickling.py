"""What a file may hold besides tensors: arrays of numbers and text, and mmengine's histories of logged values.

A pickled file names the classes and functions that its reader is to call. Where an honest file names one of numpy's
or mmengine's, :data:`STAND_INS` has what is called here instead, which accepts what these libraries write and nothing
else. The real ones accept more: ``numpy.ndarray`` takes any memory for pointers to objects, a ``dtype`` takes fields
that lie outside of the data, ``HistoryBuffer`` takes functions to call later, and ``getattr`` leads to everything.
"""
import math
import pickle
import re
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np
from mmengine.logging import HistoryBuffer

STATISTICS = ("mean", "max", "min", "current")


def refuse(rule: str, got: Any) -> pickle.UnpicklingError:
    """The error for what is no plain value."""
    return pickle.UnpicklingError(f"{rule}: got {reprlib.repr(got)}")


class PlainDtype:
    """Stands for ``numpy.dtype``: numbers, truth values and text, in any byte order.

    Raises:
        pickle.UnpicklingError: objects, fields, sub-arrays, times or anything else.
    """

    def __init__(self, code: Any, align: bool = False, copy: bool = False) -> None:
        if not isinstance(code, str) or not re.fullmatch(r"b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[SU]\d*", code):
            raise refuse("arrays hold numbers, truth values or text", code)
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in tuple("<>|=") or any(state[2:5]):
            raise refuse("a dtype has a byte order and neither fields nor sub-arrays", state)
        self.dtype = self.dtype.newbyteorder(state[1])


class PlainArray(np.ndarray):
    """Stands for ``numpy.ndarray``: an array that is filled once, from as many bytes as it has. Pickled as an array.

    Raises:
        pickle.UnpicklingError: objects, memory of others, or not as many bytes.
    """

    def __new__(cls, *arguments: Any) -> "PlainArray":
        """An empty array; the real constructor would take a buffer of somebody else."""
        if arguments:
            raise refuse("arrays come from numpy's _reconstruct", arguments)
        return super().__new__(cls, 0)

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or self.size:
            raise refuse("an array is filled once, with version, shape, dtype, order and bytes", state)
        _, shape, dtype, by_columns, content = state
        _check_bytes(shape, dtype, content)
        plain: Any = (1, shape, dtype.dtype, bool(by_columns), content)
        super().__setstate__(plain)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


def _check_bytes(shape: Any, dtype: Any, content: Any) -> None:
    if not isinstance(shape, tuple) or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise refuse("a shape has lengths >= 0", shape)
    if not isinstance(dtype, PlainDtype):
        raise refuse("arrays hold numbers, truth values or text", dtype)
    if not isinstance(content, bytes) or len(content) != math.prod(shape) * dtype.dtype.itemsize:
        raise refuse(f"shape {shape} of {dtype.dtype} needs as many bytes", content)


def empty_array(array: Any, *arguments: Any) -> PlainArray:
    """Stands for numpy's ``_reconstruct``."""
    if array is not PlainArray:
        raise refuse("numpy's _reconstruct makes arrays", array)
    return PlainArray()


def plain_scalar(dtype: Any, content: Any = b"") -> np.generic:
    """Stands for numpy's ``scalar``."""
    _check_bytes((), dtype, content)
    return np.ndarray((), dtype.dtype, content)[()]


def filled_array(content: Any, dtype: Any, shape: Any, order: Any) -> PlainArray:
    """Stands for numpy's ``_frombuffer``, of pickle's protocol 5."""
    array = PlainArray()
    array.__setstate__((1, shape, dtype, order == "F", bytes(content) if isinstance(content, bytearray) else content))
    return array


def no_bytes() -> bytes:
    """Stands for ``builtins.bytes``: the content of an array without elements."""
    return b""


def latin1(text: Any, encoding: Any) -> bytes:
    """Stands for ``_codecs.encode``: bytes as pickle's protocol 2 writes them."""
    if not isinstance(text, str) or encoding != "latin1":
        raise refuse("bytes are written as latin1", (text, encoding))
    return text.encode("latin1")


class PlainHistory(HistoryBuffer):
    """Stands for mmengine's ``HistoryBuffer``, and is one as soon as it has its values.

    Statistics stay those that this process knows: a checkpoint's would be functions to call, for all buffers.

    Raises:
        pickle.UnpicklingError: the values are no arrays.
    """

    def __init__(self, *arguments: Any) -> None:
        if arguments:  # numpy would make arrays of them
            raise refuse("a HistoryBuffer has two arrays and a length", arguments)

    def __setstate__(self, state: Any) -> None:
        log, count, length = (state.get(name) if isinstance(state, dict) else None
                              for name in ("_log_history", "_count_history", "max_length"))
        if not isinstance(log, PlainArray) or not isinstance(count, PlainArray) or not isinstance(length, int):
            raise refuse("a HistoryBuffer has two arrays and a length", state)
        self._set_default_statistics()
        self._log_history, self._count_history, self.max_length = np.array(log), np.array(count), length
        self.__class__ = HistoryBuffer


def statistic_of_history_buffer(owner: Any, name: Any) -> str:
    """Stands for ``builtins.getattr``: the name of a statistic.

    A ``HistoryBuffer`` pickles its four statistics as ``getattr(HistoryBuffer, 'mean')`` and the like. The real
    ``getattr`` would let a checkpoint run any code.

    Raises:
        pickle.UnpicklingError: anything but a statistic of HistoryBuffer is asked for.
    """
    if owner is not PlainHistory or name not in STATISTICS:
        raise refuse("getattr is for the statistics of HistoryBuffer", (owner, name))
    return str(name)


NUMPY: dict[str, Callable[..., Any]] = {
    "multiarray._reconstruct": empty_array, "multiarray.scalar": plain_scalar, "numeric._frombuffer": filled_array}
ARRAYS: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": PlainArray, "numpy.dtype": PlainDtype, "builtins.bytes": no_bytes, "_codecs.encode": latin1,
    **{f"numpy.{core}.{name}": NUMPY[name] for core in ("core", "_core") for name in NUMPY}}  # numpy 1 and 2
STAND_INS: dict[str, Callable[..., Any]] = {
    **ARRAYS, "mmengine.logging.history_buffer.HistoryBuffer": PlainHistory,
    "builtins.getattr": statistic_of_history_buffer}
