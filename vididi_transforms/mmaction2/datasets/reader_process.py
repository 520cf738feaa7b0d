"""Reading in a process that can be killed."""
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any


class ReaderProcess:
    """Calls a function in a forked copy of this process; the copy is replaced if it hangs or dies.

    The copy is made at the first call in a process, so that each worker of a ``DataLoader`` has its own. It ends with
    the process that made it.

    Args:
        function: of one argument; argument and result must be picklable.
        timeout: seconds of one call.

    Raises:
        RuntimeError: the function raised something, or its process died (a decoder's segmentation fault).
        TimeoutError: the call took too long.
        ValueError: the timeout is not positive, or this system has no ``fork``.

    Example:
        >>> ReaderProcess(len, timeout=5)('video')
        5
    """

    def __init__(self, function: Callable[[Any], Any], timeout: float) -> None:
        if timeout <= 0 or not hasattr(os, "fork"):
            raise ValueError(f"a timeout must be > 0 and needs a system that can fork: got {timeout} on {os.name} "
                             "(None is no timeout)")
        self.function, self.timeout = function, timeout
        self._owner = self._child = 0
        self._pipe: Connection | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_owner": 0, "_child": 0, "_pipe": None}

    def __call__(self, argument: Any) -> Any:
        """The function's result."""
        pipe = self._pipe if self._pipe is not None and self._owner == os.getpid() else self._start()
        try:
            pipe.send_bytes(pickle.dumps(argument))
            if not pipe.poll(self.timeout):
                self.stop()
                raise TimeoutError(f"not read within {self.timeout:g} seconds")
            error, result = pickle.loads(pipe.recv_bytes())
        except (EOFError, ConnectionError) as died:
            self.stop()
            raise RuntimeError("the process that read it died") from died
        if error is not None:
            raise RuntimeError(error)
        return result

    def stop(self) -> None:
        """Kill the copy, if this process has one."""
        if self._pipe is None or self._owner != os.getpid():
            return
        self._pipe = None  # which closes it, unless the garbage collector has
        os.kill(self._child, signal.SIGKILL)
        for _ in range(100):  # a process that waits for a dead disk cannot die, and is left behind
            if os.waitpid(self._child, os.WNOHANG)[0]:
                return
            time.sleep(0.01)

    def __del__(self) -> None:
        if hasattr(self, "_pipe"):
            self.stop()

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        self._owner = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            ours.close()
            _serve(theirs, self.function, self._owner)
        theirs.close()
        self._pipe = ours
        return ours


def _serve(pipe: Connection, function: Callable[[Any], Any], parent: int) -> None:
    """Answer calls until the other end is closed; never returns."""
    import torch

    torch.set_num_threads(1)  # as in a worker of a DataLoader
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        while True:
            argument = pickle.loads(pipe.recv_bytes())
            pipe.send_bytes(pickle.dumps(_answer(function, argument), protocol=pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)


def _answer(function: Callable[[Any], Any], argument: Any) -> tuple[str | None, Any]:
    try:
        return None, function(argument)
    except Exception as error:
        return f"{type(error).__name__}: {error}", None


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
