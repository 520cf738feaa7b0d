"""Check many videos in parallel.

Results are stored as they come, so that an interrupted run continues.
"""
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from .faults import Fault, fault_of
from .files import write_text
from .worker_processes import in_processes

Key = tuple[str, int, int, bool]
"""Key of a stored result: path, size and time of the file, and whether the check was quick."""


def verify(paths: Sequence[Path], state: Path, workers: int, timeout: float,
           quick: bool = False) -> dict[Path, Fault | None]:
    """The fault of each video, or None if it is good.

    Args:
        paths: the videos.
        state: file of stored results; those of unchanged files are used, new ones are appended.
        workers: number of processes.
        timeout: time limit per video, in seconds.
        quick: see :func:`fault_of`.

    Raises:
        ValueError: If ``state`` is not a file of results.
    """
    import av  # noqa: F401 - before forking: the processes need not import it
    from tqdm import tqdm

    known, keys = _load(state), {path: _key(path, quick) for path in paths}
    found = {path: known[key] for path, key in keys.items() if key in known}
    todo = [path for path in keys if path not in found]
    with (state.open("a", encoding="utf-8") as lines,
          tqdm(total=len(keys), initial=len(found), desc="decoding", unit="video") as bar):
        for path, result in in_processes(partial(fault_of, quick=quick), todo, workers, timeout):
            found[path], key = _fault(result), keys[path]
            if key and result is found[path]:  # after a time-out or a crash, the next run tries again
                lines.write(_line(key, found[path]))
                lines.flush()
            bar.update()
    return {path: found[path] for path in paths}


def _fault(result: Fault | TimeoutError | RuntimeError | None) -> Fault | None:
    if isinstance(result, TimeoutError):
        return Fault("timed out", str(result))
    return Fault("unreadable", str(result)) if isinstance(result, RuntimeError) else result


def _key(path: Path, quick: bool) -> Key | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_size, status.st_mtime_ns, quick


def _line(key: Key, fault: Fault | None) -> str:
    return json.dumps([key, fault and asdict(fault)]) + "\n"


def _load(state: Path) -> dict[Key | None, Fault | None]:
    """Read the stored results and write them back.

    A killed run may have left half a line.
    """
    known: dict[Key | None, Fault | None] = {}
    for line in state.read_text(encoding="utf-8").split("\n")[:-1] if state.exists() else ():
        try:
            (path, size, time, quick), fault = json.loads(line)
            known[path, size, time, quick] = fault and Fault(**fault)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{state} must hold results: got {line!r}; remove the file to start from scratch"
                             ) from error
    write_text(state, "".join(_line(key, fault) for key, fault in known.items() if key))
    return known
