"""Reproducible random numbers without global state.

They are equal on every rank and data loader worker, and after a resume.
"""
import zlib

import numpy as np

from ..checks import as_int, check_int


def keyed_generator(tag: str, seed: int, *counter: int) -> np.random.Generator:
    """A random generator that depends only on its arguments (counter-based Philox).

    Args:
        tag: what the numbers are for. Different tags give independent numbers for the same seed.
        seed: 0 <= seed < 2**64.
        counter: up to three integers in the same range, such as epoch, sample and view; missing ones are 0.

    Raises:
        TypeError: If the seed or a counter is not an integer.
        ValueError: If one is out of range, or there are more than three counters.

    Example:
        >>> a, b = (keyed_generator("demo", 0, 3, 14).random() for _ in range(2))
        >>> a == b
        True

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """
    words = tuple(as_int("a seed or counter", word) for word in (seed, *counter))
    if len(counter) > 3 or any(not 0 <= word < 2**64 for word in words):
        raise ValueError(f"a key is a seed and at most 3 counters in [0, 2**64): got {words}")
    # Philox itself counts up the lowest of the counter's four words; ours are the other three.
    philox = np.random.Philox(key=np.array([seed, zlib.crc32(tag.encode())], dtype=np.uint64),
                              counter=np.array([0, *words[1:], *[0] * (4 - len(words))], dtype=np.uint64))
    return np.random.Generator(philox)


def check_counts(**counts: int) -> None:
    """Raise unless all can be a seed or a counter of :func:`keyed_generator`.

    Raises:
        TypeError: If one is not an int.
        ValueError: If one is not in [0, 2**64).

    Example:
        >>> check_counts(seed=0, epoch=3)
    """
    for name, count in counts.items():
        check_int(name, count)
        if not 0 <= count < 2**64:
            raise ValueError(f"{name} must be in [0, 2**64): got {count}")
