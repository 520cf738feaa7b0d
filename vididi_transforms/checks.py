"""Checks of arguments. Every room may import this file; it imports none of them."""
import operator


def check_int(name: str, value: object, minimum: int | None = None) -> None:
    """Raise unless ``value`` is an int, at least ``minimum`` if that is given.

    Booleans are refused, and so are NumPy's integers: a setting that is saved must be a plain int.

    Args:
        name: what the value is, for the message.
        value: the value to check.
        minimum: the smallest allowed value.

    Raises:
        TypeError: If ``value`` is not an int.
        ValueError: If ``value`` is less than ``minimum``.

    Example:
        >>> check_int("length", 8, minimum=1)
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int: got {value!r} of type {type(value).__name__}")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}: got {value}")


def as_int(name: str, value: object, minimum: int | None = None) -> int:
    """``value`` as an int, if it passes :func:`check_int` or is an integer of NumPy.

    Raises:
        TypeError, ValueError: As in :func:`check_int`.

    Example:
        >>> import numpy as np
        >>> as_int("k", np.int64(5), minimum=1)
        5
    """
    number = operator.index(value) if hasattr(value, "__index__") and not isinstance(value, bool) else value
    check_int(name, number, minimum)
    return number  # type: ignore[return-value]
