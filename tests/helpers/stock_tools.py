"""MMAction2's own tools in new processes, and the numbers that they logged."""
import json
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from forked import finish_forked
from waiting import finish

TOOLS = Path(find_spec("mmaction").origin).parent / ".mim/tools"
ENV = {**os.environ, "OMP_NUM_THREADS": "1"}
WITH_HELPERS = {**ENV, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), ENV.get("PYTHONPATH", "")])}


def options(tiny_options, **more):
    return ["--cfg-options", *(f"{key}={value}" for key, value in (tiny_options | more).items() if key != "work_dir")]


def run(*command, env=ENV, cwd=None, code=0):
    """The output of a Python program that must exit with ``code``."""
    return _checked(finish([sys.executable, *command], env=env, cwd=cwd), code)


def run_forked(*command, env=ENV, cwd=None, code=0):
    """As :func:`run`, for a script or ``-m MODULE``, without the seconds of importing OpenMMLab."""
    return _checked(finish_forked(command, env=env, cwd=cwd), code)


def _checked(result, expected):
    code, output = result
    assert code == expected, output[-6000:]
    return output


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def scalars(work_dir, key):
    """The logged values of a key by step, over all runs in the folder."""
    lines = [json.loads(line) for path in sorted(Path(work_dir).glob("*/vis_data/*.json")) if path.name != "config.json"
             for line in path.read_text().splitlines()]
    return {line["step"]: line[key] for line in lines if key in line}
