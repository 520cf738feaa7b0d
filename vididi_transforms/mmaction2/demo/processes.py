"""Runs MMAction2's own tools, two at a time."""
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

Follow = Callable[[str], None]
Result = TypeVar("Result")


class Processes:
    """Runs Python modules; the whole output of each goes to a log file.

    Args:
        out: folder of the log files.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._running: set[subprocess.Popen[str]] = set()

    def mim(self, title: str, *arguments: str | Path, follow: Follow | None = None) -> None:
        """Run ``mim`` on the CPU in one process; see :meth:`module`."""
        self.module(title, "mim", *arguments, "--launcher", "none", "--gpus", "0", follow=follow)

    def module(self, title: str, module: str, *arguments: str | Path, follow: Follow | None = None) -> None:
        """Run ``python -m MODULE``.

        Args:
            title: names the log file.
            module: name of the module.
            arguments: those of its command line.
            follow: called with every line of the output.

        Raises:
            SystemExit: If it fails; the message is the end of the log.
        """
        command = [sys.executable, "-m", module, *map(str, arguments)]
        log = self.log(title)
        tail: deque[str] = deque(maxlen=30)
        with log.open("w", buffering=1) as file, subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment()) as process:
            self._running.add(process)
            file.write(f"{' '.join(command)}\n")
            for line in process.stdout or ():
                file.write(line)
                tail.append(line)
                if follow:
                    follow(line)
        self._running.remove(process)
        if process.returncode:
            raise SystemExit("".join(tail) + f"\n{title} failed with exit code {process.returncode}; full log: {log}")

    def log(self, title: str) -> Path:
        """The log file of a run."""
        return self.out / f"{title.replace(' ', '-')}.log"

    def side_by_side(self, works: Sequence[Callable[[], Result]]) -> list[Result]:
        """Results of functions that run two at a time, in their order. If one fails, processes of the others end."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            futures = [pool.submit(work) for work in works]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in self._running.copy():
                    process.terminate()
                raise
        return [future.result() for future in futures]


def _environment() -> dict[str, str]:
    # More threads than cores would only wait for one another.
    threads = str(max(1, (os.cpu_count() or 1) // 2))
    return {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "TQDM_MININTERVAL": "1"}
