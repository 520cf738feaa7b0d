"""Work that may hang or crash, in processes that end at a time-out."""
import signal
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class _Worker(Generic[Job, Result]):
    """A process that does one job after another."""

    job: Job

    def __init__(self, function: Callable[[Job], Result], timeout: float) -> None:
        context = get_context("fork")  # needs no import in the new process, which is quick to replace
        self.pipe, theirs = context.Pipe()
        self.timeout = timeout
        self.process = context.Process(target=_serve, args=(theirs, self.pipe, function, timeout), daemon=True)
        self.process.start()
        theirs.close()

    def start(self, job: Job) -> None:
        self.job = job
        self.pipe.send(job)

    def result(self) -> Result | TimeoutError | RuntimeError:
        try:
            done: Result = self.pipe.recv()
            return done
        except EOFError:
            self.process.join()
            if self.process.exitcode == -signal.SIGALRM:
                return TimeoutError(f"not done within {self.timeout:g} seconds")
            return RuntimeError(f"its process ended with exit code {self.process.exitcode}")

    def stop(self) -> None:
        self.pipe.close()
        self.process.kill()


def _serve(pipe: Connection, other_end: Connection, function: Callable[[Any], Any], timeout: float) -> None:
    """Answer until the other end is closed."""
    other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one decides
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends this process, whatever it is doing
    try:
        while True:
            job = pipe.recv()
            signal.setitimer(signal.ITIMER_REAL, timeout)
            result = function(job)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send(result)
    except (EOFError, BrokenPipeError):
        pass


def in_processes(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int,
                 timeout: float) -> Iterator[tuple[Job, Result | TimeoutError | RuntimeError]]:
    """Jobs and their results, as they are done.

    The processes end with the one that started them: the kernel's alarm also ends a job of a dead parent.

    Args:
        function: of a job; what it raises ends its process.
        jobs: they and the results must be picklable.
        workers: processes.
        timeout: seconds of one job, > 0.

    Returns:
        Of each job its result, or the error by which its process was lost.

    Raises:
        ValueError: this system cannot fork.

    Example:
        >>> list(in_processes(len, ["video"], workers=1, timeout=60))
        [('video', 5)]
    """
    waiting = iter(jobs)
    idle: list[_Worker[Job, Result]] = []
    busy: dict[Any, _Worker[Job, Result]] = {}
    try:
        while True:
            for job in islice(waiting, workers - len(busy)):
                worker = idle.pop() if idle else _Worker[Job, Result](function, timeout)
                worker.start(job)
                busy[worker.pipe] = worker
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy.pop(pipe)
                result = worker.result()
                if isinstance(result, (TimeoutError, RuntimeError)):
                    worker.stop()
                else:
                    idle.append(worker)
                yield worker.job, result
    finally:
        for worker in (*idle, *busy.values()):
            worker.stop()
