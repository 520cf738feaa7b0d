"""Stock tools in new processes, and what their logger wrote."""
import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

TOOLS = Path(find_spec("mmaction").origin).parent / ".mim/tools"
ENV = {**os.environ, "OMP_NUM_THREADS": "1"}


def options(tiny_options, **more):
    return ["--cfg-options", *(f"{key}={value}" for key, value in (tiny_options | more).items() if key != "work_dir")]


def run(*command, env=ENV, cwd=None):
    result = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False, env=env,
                            cwd=cwd)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout + result.stderr


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def scalars(work_dir, key):
    """What the stock logger wrote, step by step, over all runs in the folder."""
    lines = [json.loads(line) for path in sorted(Path(work_dir).glob("*/vis_data/*.json")) if path.name != "config.json"
             for line in path.read_text().splitlines()]
    return {line["step"]: line[key] for line in lines if key in line}
