"""Calls in processes; those that may hang or crash have a time limit."""
import gc
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, NoReturn, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_parallel(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, text: str) -> list[Result]:
    """Results of a function for each job, in order, without a time limit.

    Args:
        function: function of one job.
        jobs: jobs, such as videos to read; with several processes, function, jobs and results must be picklable.
        workers: number of processes; 1 calls the function in this process.
        text: text in front of the progress bar.

    Raises:
        RuntimeError: If a process died, for example because a broken file crashed the decoder.

    Example:
        >>> in_parallel(len, ["video"], workers=1, text="counting")
        [5]
    """
    from tqdm import tqdm

    if not jobs:
        return []
    if workers == 1 or len(jobs) < 2:
        return [function(job) for job in tqdm(jobs, desc=text, unit="video")]
    with ProcessPoolExecutor(min(workers, len(jobs))) as pool:
        try:
            return list(tqdm(pool.map(function, jobs), total=len(jobs), desc=text, unit="video"))
        except BrokenProcessPool as error:
            raise RuntimeError("a process died while reading videos: run again with --workers 1 to see at which one; "
                               "finished files are kept") from error


class WorkerProcess(Generic[Job, Result]):
    """Calls a function in a forked process with a time limit.

    The process is killed if it hangs and replaced if it dies. It is forked at the first call and ends with the process
    that forked it. A copy of this object in another process forks its own, so that it also works in the workers of a
    ``DataLoader``.

    Args:
        function: function of one argument; argument and result must be picklable.
        timeout: time limit of one call, in seconds.

    Raises:
        RuntimeError: If the function raised an exception or its process died (a decoder's segmentation fault).
        TimeoutError: If the call took too long.
        ValueError: If the timeout is not positive or this system cannot fork.

    Example:
        >>> WorkerProcess(len, timeout=5)("video")
        5
    """

    def __init__(self, function: Callable[[Job], Result], timeout: float) -> None:
        if timeout <= 0 or not hasattr(os, "fork"):
            raise ValueError(f"a timeout must be > 0 and needs a system that can fork: got {timeout} on {os.name}")
        self.function, self.timeout = function, timeout
        self._owner = self._child = 0
        self._deadline = 0.0
        self._pipe: Connection | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_owner": 0, "_child": 0, "_pipe": None}

    def __call__(self, job: Job) -> Result:
        """Return the function's result."""
        self.start(job)
        return self.result()

    def start(self, job: Job) -> None:
        """Begin a call; :meth:`result` waits for it."""
        message = pickle.dumps(job)
        try:
            self._connected().send_bytes(message)
        except ConnectionError:  # the process died after its last call
            self.stop()
            self._connected().send_bytes(message)
        self._deadline = time.monotonic() + self.timeout

    def result(self) -> Result:
        """Return the result of the started call, or raise what the class describes."""
        pipe = self._connected()
        try:
            if not pipe.poll(self.seconds_left):
                self.stop()
                raise TimeoutError(self._late())
            error, result = pickle.loads(pipe.recv_bytes())
        except (EOFError, ConnectionError) as died:
            code = self.stop()
            if code == -signal.SIGALRM:
                raise TimeoutError(self._late()) from died
            raise RuntimeError(f"the process died with exit code {code}") from died
        if error is not None:
            raise RuntimeError(error)
        value: Result = result
        return value

    @property
    def seconds_left(self) -> float:
        """Seconds until the call that was started is late."""
        return max(0.0, self._deadline - time.monotonic())

    def fileno(self) -> int:
        """File descriptor that is readable once the call is over.

        It is for ``multiprocessing.connection.wait``.
        """
        return self._connected().fileno()

    def stop(self) -> int | None:
        """Kill the process, if this object has one here, and return its exit code.

        A process that a signal ended has minus the signal as its exit code.
        """
        if self._pipe is None or self._owner != os.getpid():
            return None
        self._pipe = None  # the last reference: this closes the pipe if it is still open
        os.kill(self._child, signal.SIGKILL)
        for _ in range(100):  # a process that waits for a dead disk cannot die, and is left behind
            ended, status = os.waitpid(self._child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        return None

    def __del__(self) -> None:
        if hasattr(self, "_pipe"):
            self.stop()

    def _late(self) -> str:
        return f"took longer than {self.timeout:g} seconds"

    def _connected(self) -> Connection:
        """The pipe to the process, which is forked if there is none."""
        if self._pipe is not None and self._owner == os.getpid():
            return self._pipe
        self._pipe, theirs = Pipe()
        self._owner = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            self._pipe.close()
            _serve(theirs, self.function, self.timeout)
        theirs.close()
        return self._pipe


def _serve(pipe: Connection, function: Callable[[Any], Any], timeout: float) -> NoReturn:
    """Answer calls until the other end is closed."""
    gc.freeze()  # never frees what the parent left: decoders whose threads were not forked would be waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C does
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if "torch" in sys.modules:  # vididi verify reads without it, and need not wait for its import
        sys.modules["torch"].set_num_threads(1)  # as in a worker of a DataLoader
    code = 1
    try:
        while True:
            job = pickle.loads(pipe.recv_bytes())
            signal.setitimer(signal.ITIMER_REAL, timeout)  # ends this process even if the parent is dead
            answer = _answer(function, job)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send_bytes(answer)
    except (EOFError, ConnectionError):
        code = 0
    finally:
        os._exit(code)


def _answer(function: Callable[[Any], Any], job: Any) -> bytes:
    try:
        return pickle.dumps((None, function(job)), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((f"{type(error).__name__}: {error}", None))


def in_processes(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int,
                 timeout: float) -> Iterator[tuple[Job, Result | TimeoutError | RuntimeError]]:
    """Jobs and their results, in the order in which they are done.

    Args:
        function: function of one job.
        jobs: jobs; they and the results must be picklable.
        workers: number of processes.
        timeout: time limit of one job, in seconds.

    Yields:
        Each job with its result, or with the error that :class:`WorkerProcess` raises.

    Raises:
        ValueError: If the timeout is not positive or this system cannot fork.

    Example:
        >>> list(in_processes(len, ["video"], workers=1, timeout=60))
        [('video', 5)]
    """
    waiting = iter(jobs)
    idle: list[WorkerProcess[Job, Result]] = []
    busy: dict[WorkerProcess[Job, Result], Job] = {}
    try:
        while True:
            for job in islice(waiting, workers - len(busy)):
                worker = idle.pop() if idle else WorkerProcess(function, timeout)
                worker.start(job)
                busy[worker] = job
            if not busy:
                return
            ready = wait([worker.fileno() for worker in busy], min(worker.seconds_left for worker in busy))
            for worker in [one for one in busy if one.fileno() in ready or not one.seconds_left]:
                idle.append(worker)
                outcome = _outcome(worker)
                yield busy.pop(worker), outcome
    finally:
        for worker in (*idle, *busy):
            worker.stop()


def _outcome(worker: WorkerProcess[Job, Result]) -> Result | TimeoutError | RuntimeError:
    try:
        return worker.result()
    except (TimeoutError, RuntimeError) as error:
        return error
