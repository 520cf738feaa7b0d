"""Random numbers as a pure function of a key: no global state, the same on every rank, worker and resumed run."""
import operator
import zlib

import numpy as np

from ..derivatives.functional import check_int


def keyed_generator(tag: str, seed: int, *counter: int) -> np.random.Generator:
    """A generator that depends on nothing but its arguments (counter-based Philox).

    Args:
        tag: the purpose, so that two uses of one seed are independent.
        seed: 0 <= seed < 2**64.
        counter: up to three integers in the same range, e.g. epoch, sample, view; those left out count as 0.

    Raises:
        TypeError: a number is no integer.
        ValueError: a number is out of range, or there are more than three counters.

    Example:
        >>> a, b = (keyed_generator("demo", 0, 3, 14).random() for _ in range(2))
        >>> a == b
        True

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """
    words = tuple(operator.index(word) for word in (seed, *counter))
    if len(counter) > 3 or any(not 0 <= word < 2**64 for word in words):
        raise ValueError(f"a key is a seed and at most 3 counters in [0, 2**64): got {words}")
    # The lowest word of the 256-bit counter counts the numbers drawn; ours are the three above it.
    philox = np.random.Philox(key=np.array([seed, zlib.crc32(tag.encode())], dtype=np.uint64),
                              counter=np.array([0, *words[1:], *[0] * (4 - len(words))], dtype=np.uint64))
    return np.random.Generator(philox)


def check_counts(**counts: int) -> None:
    """Raise unless all can be words of a key.

    Raises:
        TypeError, ValueError: one is no integer, or is not in [0, 2**64); the message names it.

    Example:
        >>> check_counts(seed=0, epoch=3)
    """
    for name, count in counts.items():
        check_int(name, count)
        if not 0 <= count < 2**64:
            raise ValueError(f"{name} must be in [0, 2**64): got {count}")
