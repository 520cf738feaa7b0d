"""Check many videos in parallel.

Results are stored as they come, so that an interrupted run continues.
"""
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from .faults import Fault, fault_of
from .files import append_text, write_text
from .frame_folders import TEMPLATE, fault_of_frames
from .worker_processes import in_processes

Key = tuple[Any, ...]
"""Key of a stored result: path, size, time, and how the check was made."""


class VideoFile(NamedTuple):
    """A video to check; the fields are the arguments of :func:`fault_of`."""

    path: Path
    quick: bool = False
    reader: str = "pyav"

    def fault(self) -> Fault | None:
        """The fault, or None if it is good."""
        return fault_of(*self)


class FrameFolder(NamedTuple):
    """A folder of frames to check; the fields are the arguments of :func:`fault_of_frames`."""

    path: Path
    template: str = TEMPLATE
    first: int = 1
    frames: int = 0

    def fault(self) -> Fault | None:
        """The fault, or None if it is good."""
        return fault_of_frames(*self)


Job = VideoFile | FrameFolder


def verify(jobs: Sequence[Job], state: Path, workers: int, timeout: float) -> list[Fault | None]:
    """The fault of each video, or None if it is good.

    Args:
        jobs: the videos.
        state: file of stored results; those of unchanged files are used, new ones are appended.
        workers: number of processes.
        timeout: time limit per video, in seconds.

    Raises:
        ValueError: If ``state`` is not a file of results.
    """
    import av  # noqa: F401 - before forking: the processes need not import it
    from tqdm import tqdm

    known, keys = _load(state), {job: _key(job) for job in jobs}
    found = {job: known[key] for job, key in keys.items() if key in known}
    todo = [job for job in keys if job not in found]
    with tqdm(total=len(keys), initial=len(found), desc="decoding", unit="video") as bar:
        for job, result in in_processes(_fault_of, todo, workers, timeout):
            found[job], key = _fault(result), keys[job]
            if key and result is found[job]:  # after a time-out or a crash, the next run tries again
                append_text(state, _line(key, found[job]))
            bar.update()
    return [found[job] for job in jobs]


def _fault_of(job: Job) -> Fault | None:
    return job.fault()


def _fault(result: Fault | TimeoutError | RuntimeError | None) -> Fault | None:
    if isinstance(result, TimeoutError):
        return Fault("timed out", str(result))
    return Fault("unreadable", str(result)) if isinstance(result, RuntimeError) else result


def _key(job: Job) -> Key | None:
    """Path, size and time of a file, or of all files in a folder; then the other fields of the job."""
    try:
        files = [job.path, *job.path.iterdir()] if job.path.is_dir() else [job.path]
        status = [file.stat() for file in files]
    except OSError:
        return None
    return (str(job.path), sum(one.st_size for one in status), max(one.st_mtime_ns for one in status), *job[1:])


def _line(key: Key, fault: Fault | None) -> str:
    return json.dumps([key, fault and asdict(fault)]) + "\n"


def _load(state: Path) -> dict[Key | None, Fault | None]:
    """Read the stored results and write them back.

    A killed run may have left half a line.
    """
    known: dict[Key | None, Fault | None] = {}
    for line in state.read_text(encoding="utf-8").split("\n")[:-1] if state.exists() else ():
        try:
            key, fault = json.loads(line)
            known[tuple(key)] = fault and Fault(**fault)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{state} must hold results: got {line!r}; remove the file to start from scratch"
                             ) from error
    write_text(state, "".join(_line(key, fault) for key, fault in known.items() if key))
    return known
