"""Waiting with a limit: what takes too long is an error with the output so far."""
import os
import signal
import subprocess
import time
from contextlib import contextmanager


@contextmanager
def limit(seconds, what):
    """Raise a TimeoutError in the block, wherever it waits, if it takes longer.

    For the main thread.
    """
    def stop(number, frame):
        raise TimeoutError(f"{what} is not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    rest = signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(rest)
        signal.signal(signal.SIGALRM, before)


def until(condition, seconds=600, every=0.1, output=lambda: ""):
    """Wait until ``condition()`` is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} seconds:\n{output()[-3000:]}"
        time.sleep(every)


def finish(command, seconds=1200, **options):
    """Run a command to its end and return the exit code and the output.

    A hanging one is killed with its children.
    """
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, start_new_session=True, **options)
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError(f"not done in {seconds} seconds:\n{process.communicate()[0][-6000:]}") from None
        raise
    return process.returncode, output
