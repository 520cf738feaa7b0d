"""A full disk, a read-only folder: what a writer may find, also for root."""
import ctypes
import os
import resource
from contextlib import contextmanager

# Of linux/capability.h: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, with which root ignores permissions.
OVERRIDE, VERSION_3 = 0b110, 0x20080522


@contextmanager
def full_disk(size):
    """No file can grow beyond ``size`` bytes; a write says ``File too large``."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder):
    """Nothing can be written to an existing folder."""
    folder.chmod(0o555)
    header, sets = (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.capget(header, sets))
    effective = sets[0]
    sets[0] = effective & ~OVERRIDE
    _check(libc.capset(header, sets))
    try:
        yield
    finally:
        sets[0] = effective
        _check(libc.capset(header, sets))
        folder.chmod(0o755)


def _check(code):
    if code:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
