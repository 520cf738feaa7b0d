"""Forked processes are killed when they hang, and end with their parent."""
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from waiting import until

from vididi_transforms.data.worker_processes import WorkerProcess, in_processes


def alive(pid):
    """Whether a process runs; one that only waits to be reaped by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def assert_ends(*pids):
    try:
        until(lambda: not any(map(alive, pids)), seconds=30)
    finally:
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)


def work(job):
    if job == "hang":
        time.sleep(60)
    if job == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)  # an alarm does not end a stopped process
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "exit":
        os._exit(3)
    return job.upper()


BAD = {"hang": "took longer than 2 seconds", "stop": "took longer than 2 seconds",
       "die": "the process died with exit code -9", "exit": "the process died with exit code 3",
       5: "AttributeError: 'int' object has no attribute 'upper'"}


# One process

def test_the_process_is_kept_until_it_is_stopped():
    worker = WorkerProcess(lambda _: os.getpid(), timeout=10)
    first = worker(0)
    assert worker(0) == first != os.getpid()
    worker.stop()
    assert worker(0) not in (first, os.getpid())


@pytest.mark.parametrize("job", BAD)
def test_after_a_bad_call_comes_a_good_one(job):
    worker = WorkerProcess(work, timeout=2)
    assert worker("a") == "A"
    with pytest.raises(TimeoutError if "took" in BAD[job] else RuntimeError) as error:
        worker(job)
    assert str(error.value) == BAD[job]
    assert worker("b") == "B"


def test_a_process_that_dies_between_two_calls_costs_none():
    worker = WorkerProcess(lambda _: os.getpid(), timeout=10)
    first = worker(0)
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    assert worker(0) != first


def test_a_result_that_cannot_be_pickled_is_an_error_of_the_call():
    worker = WorkerProcess(lambda _: lambda: 0, timeout=10)
    with pytest.raises(RuntimeError, match="pickle"):
        worker(0)


def test_copies_in_other_processes_fork_their_own():
    worker = WorkerProcess(lambda _: os.getpid(), timeout=10)
    first = worker(0)
    child = os.fork()
    if child == 0:
        os._exit(int(worker(0) == first))
    assert os.waitpid(child, 0)[1] == 0
    assert worker(0) == first
    assert pickle.loads(pickle.dumps(WorkerProcess(len, timeout=10)))("abc") == 3


def test_calls_from_another_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(WorkerProcess(len, timeout=10)("abc")))
    thread.start()
    thread.join()
    assert results == [3]


def test_ctrl_c_does_not_end_the_process():
    worker = WorkerProcess(lambda _: os.getpid(), timeout=10)
    first = worker(0)
    os.kill(first, signal.SIGINT)
    assert worker(0) == first


@pytest.mark.parametrize("seconds", [0, 600])
def test_it_ends_with_its_owner(seconds):
    """Also during a call: the alarm of the time limit ends it then."""
    ours, theirs = os.pipe()
    owner = os.fork()
    if owner == 0:
        worker = WorkerProcess(lambda wait: os.write(theirs, b"%d\n" % os.getpid()) + bool(time.sleep(wait)), timeout=2)
        worker.start(seconds)
        time.sleep(60)
    pid = int(os.read(ours, 100))
    os.kill(owner, signal.SIGKILL)
    os.waitpid(owner, 0)
    assert_ends(pid)


@pytest.mark.filterwarnings("error")
def test_a_worker_and_its_pipe_may_be_collected_in_any_order():
    worker = WorkerProcess(len, timeout=10)
    worker("abc")
    younger = WorkerProcess(len, timeout=10)
    younger.__dict__.update(worker.__dict__, itself=younger)  # younger than its pipe, and in a cycle
    worker._pipe = None
    del worker, younger
    gc.collect()


CYCLE = """
import gc, os
from vididi_transforms.data.worker_processes import WorkerProcess
class Decoder:
    def __del__(self):
        if os.getpid() != parent:
            os._exit(3)
parent, decoder = os.getpid(), Decoder()
decoder.itself = decoder
del decoder
print(WorkerProcess(lambda _: gc.collect(), timeout=60)(0))
"""


def test_it_does_not_free_what_its_parent_left():
    """In a process of its own, because forks of this one keep such objects anyway."""
    run = subprocess.run([sys.executable, "-c", CYCLE], capture_output=True, text=True, check=False)
    assert (run.stderr, run.returncode, run.stdout.strip().isdecimal()) == ("", 0, True)


# Many processes

@pytest.mark.parametrize("workers", [1, 2, 5])
def test_processes_that_hang_or_die_are_replaced(workers):
    jobs = ["a", "die", "b", "hang", "c", "die", "stop", 5, "d"]
    found = [(job, str(result)) for job, result in in_processes(work, jobs, workers, timeout=2)]
    assert sorted(found, key=str) == sorted(((job, BAD[job] if job in BAD else job.upper()) for job in jobs), key=str)


def test_results_come_as_they_are_done():
    jobs = [1, 0, 0.5]
    assert [job for job, _ in in_processes(time.sleep, jobs, 3, timeout=60)] == sorted(jobs)


def test_a_slow_reader_of_the_results_is_not_a_time_out():
    results = in_processes(lambda size: b"x" * size, [1, 10**6, 10**6], 3, timeout=0.5)
    next(results)
    time.sleep(1)
    assert [len(result) for _, result in results] == [10**6, 10**6]


def test_processes_are_kept_and_end_with_their_user():
    results = in_processes(lambda _: os.getpid(), range(20), 2, timeout=60)
    pids = {pid for _, pid in results}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    assert_ends(*pids)


def test_processes_of_a_killed_parent_end():
    code = ("import os, time\nfrom vididi_transforms.data.worker_processes import in_processes\n"
            "def work(seconds):\n    os.write(1, b'%d\\n' % os.getpid())\n    time.sleep(seconds)\n"
            "list(in_processes(work, [0, 60, 60], 2, timeout=4))")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = {int(process.stdout.readline()) for _ in range(3)}
    process.kill()
    process.wait()
    assert_ends(*pids)
