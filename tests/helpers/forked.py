"""Python programs in processes forked from one that has imported OpenMMLab.

This saves each of them nine seconds. The programs of OpenMMLab that they start are forked as well: ``warm`` is in their
PYTHONPATH.

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
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

ADDRESS = "VIDIDI_WARM_PROCESS"
MODULES = ("vididi_transforms.mmaction2",  # first, it repairs the others
           "mmaction.models", "mmaction.datasets", "mmengine.runner", "timm.optim", "mim")


def finish_forked(command, seconds=1200, env=os.environ, cwd=None):
    """Run ``SCRIPT WORDS`` or ``-m MODULE WORDS`` to its end and return the exit code and the output.

    A hanging one is killed.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as out, open(os.devnull) as nothing:
        env = forking(env)
        code = _ask(env[ADDRESS], command, env, cwd or Path.cwd(), [nothing, out, out], seconds)
        out.seek(0)
        output = out.read()
    if code is None:
        raise TimeoutError(f"not done in {seconds} seconds:\n{output[-6000:]}")
    return code, output


def forking(env):
    """The environment in which Python hands programs of OpenMMLab over to the warm process."""
    path = [str(Path(__file__).parent / "warm"), env.get("PYTHONPATH", "")]
    return {**env, ADDRESS: _server(env.get("OMP_NUM_THREADS")), "PYTHONPATH": os.pathsep.join(filter(None, path))}


def hand_over(words):
    """Let the warm process run this program; its end is the end of this one."""
    code = _ask(os.environ[ADDRESS], words, os.environ, Path.cwd(), [0, 1, 2])
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def _ask(address, command, env, cwd, files, seconds=None):
    """The exit code of a program, or None after ``seconds``. A program is killed when nobody waits for it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        request = json.dumps(dict(command=[str(word) for word in command], env=dict(env), cwd=str(cwd)))
        socket.send_fds(connection, [b"\n"], [getattr(file, "fileno", lambda file=file: file)() for file in files])
        connection.sendall(f"{request}\n".encode())
        timely, _, _ = select.select([connection], [], [], seconds)
        return int(connection.recv(9)) if timely else None


@functools.cache
def _server(threads):
    """The address of the process to fork from; OpenMP reads its number of threads when it is loaded."""
    folder = tempfile.mkdtemp(prefix="warm-")
    env = os.environ | ({"OMP_NUM_THREADS": threads} if threads else {})
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen(64)
        server = subprocess.Popen([sys.executable, __file__, str(listener.fileno())], env=env, stdin=subprocess.PIPE,
                                  pass_fds=[listener.fileno()])
    atexit.register(shutil.rmtree, folder)
    atexit.register(server.kill)
    return f"{folder}/socket"


def _serve(listener):
    os.dup2(2, 1)  # what an import prints is no output
    for module in MODULES:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _attend(connection)
        connection.close()


def _attend(connection):
    """Run the program that is asked for, and answer with its exit code; never returns."""
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile().readline())
    process = os.fork()
    if process == 0:
        connection.close()
        _become(**request, files=files)
    for file in files:
        os.close(file)
    threading.Thread(target=_kill_when_nobody_waits, args=(connection, process), daemon=True).start()
    connection.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n".encode())
    os._exit(0)


def _kill_when_nobody_waits(connection, process):
    connection.recv(1)
    os.killpg(process, signal.SIGKILL)


def _become(command, env, cwd, files):
    """Be the process of this command; never returns."""
    import numpy as np
    import torch

    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for stream, file in enumerate(files):
        os.dup2(file, stream)
        os.close(file)
    start = str(Path(command[0]).parent) if command[0] != "-m" else cwd
    sys.argv = command[command[0] == "-m":]
    sys.path[0:1] = [start, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    random.seed()
    np.random.seed()
    torch.seed()
    os._exit(_run(command))


def _run(command):
    code = 0
    try:
        if command[0] == "-m":
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(command[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else end.code is not None
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
