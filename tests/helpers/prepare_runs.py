"""``vididi prepare`` in this process, and files for it."""
import shutil
from functools import partial

from commands import exit_code, usage_error

run, error_of = partial(exit_code, "prepare"), partial(usage_error, "prepare")


def put(video, root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(video, path)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


AVA_LINE = "{},0{},0.077,0.151,0.283,0.811,80,1\n"
