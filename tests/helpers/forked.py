"""Python programs in processes forked from one that has imported OpenMMLab.

This saves each of them seven seconds.

The command line, environment, working directory, output and exit code are those of a new process. What differs: modules
are imported already, and the seed of string hashes is shared.
"""
import atexit
import functools
import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path


def finish_forked(command, seconds=1200, env=os.environ, cwd=None):
    """Run ``SCRIPT WORDS`` to its end and return the exit code and the output.

    A hanging one is killed.
    """
    server = _server(env.get("OMP_NUM_THREADS"))
    with tempfile.NamedTemporaryFile() as out:
        request = dict(command=[str(word) for word in command], env=dict(env), cwd=str(cwd or Path.cwd()), out=out.name)
        print(json.dumps(request), file=server.stdin, flush=True)
        process = int(server.stdout.readline())
        timely, _, _ = select.select([server.stdout], [], [], seconds)
        if not timely:
            os.killpg(process, signal.SIGKILL)
        code = int(server.stdout.readline())
        output = Path(out.name).read_text(encoding="utf-8", errors="replace")
    if not timely:
        raise TimeoutError(f"not done in {seconds} seconds:\n{output[-6000:]}")
    return code, output


@functools.cache
def _server(threads):
    """The process to fork from; OpenMP reads its number of threads when it is loaded."""
    env = os.environ | ({"OMP_NUM_THREADS": threads} if threads else {})
    server = subprocess.Popen([sys.executable, __file__], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, bufsize=1)
    atexit.register(server.kill)
    return server


def _serve():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what an import prints is no answer
    import vididi_transforms.mmaction2  # noqa: F401 - first, it repairs the others

    for module in ("mmaction.models", "mmaction.datasets", "mmengine.runner", "timm.optim"):
        importlib.import_module(module)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            answers.close()
            _become(**json.loads(line))
        print(process, file=answers)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), file=answers)


def _become(command, env, cwd, out):
    """Be the process of this command; never returns."""
    import numpy as np
    import torch

    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for stream, target in enumerate((os.open(os.devnull, os.O_RDONLY), os.open(out, os.O_WRONLY))):
        os.dup2(target, stream)
    os.dup2(1, 2)
    sys.argv = command
    sys.path[0:1] = [str(Path(command[0]).parent), *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    random.seed()
    np.random.seed()
    torch.seed()
    os._exit(_run(command[0]))


def _run(script):
    code = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else end.code is not None
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve()
