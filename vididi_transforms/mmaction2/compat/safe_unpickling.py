"""Safe stand-ins for the NumPy and mmengine classes that checkpoints name.

A pickled file names classes and functions for its reader to call. For those in an honest checkpoint,
:data:`STAND_INS` has replacements that accept what NumPy and mmengine write, and nothing else. The originals accept
too much: ``numpy.ndarray`` takes any memory for pointers to objects, ``dtype`` takes fields outside of the array,
``HistoryBuffer`` takes functions to call later, and ``getattr`` gives access to everything.
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
    """The error for a value that is not plain: the rule, then the value."""
    return pickle.UnpicklingError(f"{rule}: got {reprlib.repr(got)}")


class PlainDtype:
    """Stands for ``numpy.dtype``: numbers, booleans and text, in any byte order.

    Raises:
        pickle.UnpicklingError: For objects, fields, sub-arrays, times and everything else.
    """

    def __init__(self, code: Any, align: bool = False, copy: bool = False) -> None:
        if not isinstance(code, str) or not re.fullmatch(r"b1|[iu][1248]|f(2|4|8|12|16)|c(8|16|24|32)|[SU]\d*", code):
            raise refuse("arrays must hold numbers, booleans or text", code)
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in tuple("<>|=") or any(state[2:5]):
            raise refuse("a dtype must have a byte order, and neither fields nor sub-arrays", state)
        self.dtype = self.dtype.newbyteorder(state[1])


class PlainArray(np.ndarray):
    """Stands for ``numpy.ndarray``: an array that can be filled once, with bytes.

    Pickled as a plain array.

    Raises:
        pickle.UnpicklingError: For objects, memory of another object, or the wrong number of bytes.
    """

    def __new__(cls, *arguments: Any) -> "PlainArray":
        """An empty array. The real constructor would accept another object's memory."""
        if arguments:
            raise refuse("arrays must come from NumPy's _reconstruct", arguments)
        return super().__new__(cls, 0)

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or self.size:
            raise refuse("an array must be filled once, with version, shape, dtype, order and bytes", state)
        _, shape, dtype, by_columns, content = state
        _check_bytes(shape, dtype, content)
        plain: Any = (1, shape, dtype.dtype, bool(by_columns), content)
        super().__setstate__(plain)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


def _check_bytes(shape: Any, dtype: Any, content: Any) -> None:
    if not isinstance(shape, tuple) or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise refuse("a shape must have lengths >= 0", shape)
    if not isinstance(dtype, PlainDtype):
        raise refuse("arrays must hold numbers, booleans or text", dtype)
    size = math.prod(shape) * dtype.dtype.itemsize
    if not isinstance(content, bytes) or len(content) != size:
        raise refuse(f"an array of shape {shape} and dtype {dtype.dtype} needs {size} bytes", content)


def empty_array(array: Any, *arguments: Any) -> PlainArray:
    """Stands for NumPy's ``_reconstruct``."""
    if array is not PlainArray:
        raise refuse("NumPy's _reconstruct must make an array", array)
    return PlainArray()


def plain_scalar(dtype: Any, content: Any = b"") -> np.generic:
    """Stands for NumPy's ``scalar``."""
    _check_bytes((), dtype, content)
    return np.ndarray((), dtype.dtype, content)[()]


def filled_array(content: Any, dtype: Any, shape: Any, order: Any) -> PlainArray:
    """Stands for NumPy's ``_frombuffer``, used by pickle protocol 5."""
    array = PlainArray()
    array.__setstate__((1, shape, dtype, order == "F", bytes(content) if isinstance(content, bytearray) else content))
    return array


def no_bytes() -> bytes:
    """Stands for ``builtins.bytes``: the content of an empty array."""
    return b""


def latin1(text: Any, encoding: Any) -> bytes:
    """Stands for ``_codecs.encode``, by which pickle protocol 2 writes bytes as text."""
    if not isinstance(text, str) or encoding != "latin1":
        raise refuse("bytes must be written as latin1", (text, encoding))
    return text.encode("latin1")


class PlainHistory(HistoryBuffer):
    """Stands for mmengine's ``HistoryBuffer``; becomes one when it gets its values.

    The statistics in the file are ignored: they would be functions that every buffer of this process calls.

    Raises:
        pickle.UnpicklingError: If the values are not arrays.
    """

    def __init__(self, *arguments: Any) -> None:
        if arguments:  # the original would convert them to arrays
            raise refuse("a HistoryBuffer must have two arrays and a length", arguments)

    def __setstate__(self, state: Any) -> None:
        log, count, length = (state.get(name) if isinstance(state, dict) else None
                              for name in ("_log_history", "_count_history", "max_length"))
        if not isinstance(log, PlainArray) or not isinstance(count, PlainArray) or not isinstance(length, int):
            raise refuse("a HistoryBuffer must have two arrays and a length", state)
        self._set_default_statistics()
        self._log_history, self._count_history, self.max_length = np.array(log), np.array(count), length
        self.__class__ = HistoryBuffer


def statistic_of_history_buffer(owner: Any, name: Any) -> str:
    """Stands for ``builtins.getattr``: the name of a statistic.

    A ``HistoryBuffer`` pickles its four statistics as ``getattr(HistoryBuffer, 'mean')`` and so on. The original
    ``getattr`` would let a checkpoint run any code.

    Raises:
        pickle.UnpicklingError: For anything but a statistic of ``HistoryBuffer``.
    """
    if owner is not PlainHistory or name not in STATISTICS:
        raise refuse("getattr must name a statistic of HistoryBuffer", (owner, name))
    return str(name)


NUMPY: dict[str, Callable[..., Any]] = {
    "multiarray._reconstruct": empty_array, "multiarray.scalar": plain_scalar, "numeric._frombuffer": filled_array}
ARRAYS: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": PlainArray, "numpy.dtype": PlainDtype, "builtins.bytes": no_bytes, "_codecs.encode": latin1,
    **{f"numpy.{core}.{name}": NUMPY[name] for core in ("core", "_core") for name in NUMPY}}  # NumPy 1 and 2
STAND_INS: dict[str, Callable[..., Any]] = {
    **ARRAYS, "mmengine.logging.history_buffer.HistoryBuffer": PlainHistory,
    "builtins.getattr": statistic_of_history_buffer}
