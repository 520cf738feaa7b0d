"""Videos checked beforehand: every kind of fault, restarts, hanging files, the lists and the command line."""
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from bad_videos import KINDS, kinds, write_kinds
from commands import exit_code, usage_error
from video_files import record

from vididi_transforms.data import verification
from vididi_transforms.data.faults import FAULTS, fault_of
from vididi_transforms.data.verify_videos import read_list
from vididi_transforms.data.worker_processes import in_processes

run, error_of = partial(exit_code, "verify"), partial(usage_error, "verify")

INSIDE = ("zero-middle", "flipped-bits", "promise-mp4", "edit-list", "avi-gap")  # not seen in first and last frames


@pytest.fixture(scope="session")
def paths(tmp_path_factory):
    return write_kinds(tmp_path_factory.mktemp("kinds"), kinds())


@pytest.fixture(scope="session")
def root(paths):
    return paths["plain"].parent


@pytest.fixture
def list_of_all(paths, tmp_path):
    return write_list(tmp_path / "all.txt", [path.name for path in paths.values()])


def write_list(path, names):
    path.write_text("".join(f"{name} {label}\n" for label, name in enumerate(names)))
    return path


def report_of(path):
    return json.loads(Path(f"{path}.report.json").read_text())


def kinds_of(report):
    return {name: fault["kind"] for name, fault in report["bad"].items()}


# Faults

@pytest.mark.parametrize("name", kinds())
def test_each_kind_of_video(paths, name):
    fault = fault_of(paths[name])
    assert (fault.kind if fault else "") == KINDS[name].fault
    assert not fault or fault.kind in FAULTS


@pytest.mark.parametrize("name", kinds())
def test_quick_sees_what_the_ends_show(paths, name):
    fault = fault_of(paths[name], quick=True)
    if name in INSIDE or not KINDS[name].fault:
        assert fault is None
    else:
        assert fault.kind in (KINDS[name].fault, "unreadable")


@pytest.mark.parametrize(("name", "reason"), [
    ("missing", "No such file or directory"), ("directory", "Is a directory"), ("jpeg", "a picture (jpeg_pipe)"),
    ("no-frames-avi", "no frame"), ("promise-avi", "decoded 40 of 80 frames"), ("edit-list", "shows 30 of 40 frames"),
    ("cut-mkv", "ends 1.20 of 2.00 seconds too early"), ("two-sizes", "64 x 64, 96 x 80"),
])
def test_reasons(paths, name, reason):
    assert fault_of(paths[name]).reason == reason


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "webm"])
@pytest.mark.parametrize("numbers", [1, 2, 3])
def test_short_videos_are_whole(tmp_path, numbers, suffix, quick):
    path = tmp_path / f"short.{suffix}"
    codec = {"webm": dict(codec="libvpx", options={"threads": "1", "deadline": "realtime"})}.get(suffix, {})
    record(path, range(numbers), **codec)
    assert fault_of(path, quick) is None


# The command

def test_all_kinds_are_reported(list_of_all, root, paths, capsys):
    good = list_of_all.with_name("good.txt")
    assert run(list_of_all, "--root", root, "--jobs", 2, "--write-good", good) == 1
    report = report_of(list_of_all)
    faults = {path.name: KINDS[name].fault for name, path in paths.items() if KINDS[name].fault}
    assert kinds_of(report) == faults
    assert list(report["bad"]) == [path.name for path in paths.values() if path.name in faults]  # the list's order
    assert (report["videos"], report["counts"]["good"]) == (len(paths), len(paths) - len(faults))
    assert sum(report["counts"].values()) == len(paths)
    lines = list_of_all.read_text().splitlines()
    assert good.read_text().splitlines() == [line for line in lines if line.rsplit(" ", 1)[0] not in faults]
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["good", str(len(paths) - len(faults))]
    assert out[-1] == f"{len(faults)} of {len(paths)} videos are bad: see {list_of_all}.report.json"
    assert sorted(path.name for path in list_of_all.parent.iterdir()) == [
        "all.txt", "all.txt.report.json", "all.txt.report.jsonl", "good.txt"]


def test_good_videos(root, tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["plain.mp4", "mkv.mkv"])
    assert run(path, "--root", root, "--out", tmp_path / "new/report.json", "--quick") == 0
    report = json.loads((tmp_path / "new/report.json").read_text())
    assert (report["bad"], report["quick"], report["counts"]["good"]) == ({}, True, 2)
    assert capsys.readouterr().out.endswith(f"0 of 2 videos are bad: see {tmp_path}/new/report.json\n")


def test_only_what_changed_is_read_again(paths, tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(paths["plain"].read_bytes())
    (tmp_path / "b.mp4").write_bytes(paths["cut-data"].read_bytes())
    path, read = write_list(tmp_path / "list.txt", ["a.mp4", "b.mp4", "no.mp4"]), []
    monkeypatch.setattr(verification, "in_processes", noted(read))
    command = (path, "--root", tmp_path)
    assert run(*command) == 1
    assert run(*command) == 1
    assert [sorted(part) for part in read] == [["a.mp4", "b.mp4", "no.mp4"], ["no.mp4"]]
    assert kinds_of(report_of(path)) == {"b.mp4": "truncated", "no.mp4": "missing"}
    (tmp_path / "b.mp4").write_bytes(paths["plain"].read_bytes())
    os.utime(tmp_path / "a.mp4", ns=(0, 0))
    run(*command)
    assert sorted(read[2]) == ["a.mp4", "b.mp4", "no.mp4"]
    assert kinds_of(report_of(path)) == {"no.mp4": "missing"}
    run(*command, "--quick")
    run(*command)
    assert sorted(read[3]) == ["a.mp4", "b.mp4", "no.mp4"]  # another question
    assert read[4] == ["no.mp4"]


def noted(read):
    def in_processes_noted(function, jobs, workers, timeout):
        read.append([path.name for path in jobs])
        return in_processes(function, jobs, workers, timeout)
    return in_processes_noted


def command_of(*arguments):
    return [sys.executable, "-m", "vididi_transforms", "verify", *map(str, arguments)]


@pytest.mark.parametrize("half_a_line", [False, True])
def test_killed_and_started_again(paths, root, tmp_path, half_a_line):
    """The fourth video is a pipe that nobody writes to: the run is killed there."""
    os.mkfifo(tmp_path / "pipe.mp4")
    names = [root / "plain.mp4", root / "cut-data.mp4", root / "text.mp4", tmp_path / "pipe.mp4", root / "avi.avi"]
    path = write_list(tmp_path / "list.txt", names)
    state = Path(f"{path}.report.jsonl")
    process = subprocess.Popen(command_of(path, "--jobs", 1, "--timeout", 30), stderr=subprocess.DEVNULL)
    wait_for(lambda: state.exists() and state.read_text().count("\n") == 3)
    process.kill()
    process.wait()
    assert not Path(f"{path}.report.json").exists()
    if half_a_line:
        state.write_text(state.read_text()[:-10])
    (tmp_path / "pipe.mp4").unlink()
    (tmp_path / "pipe.mp4").symlink_to(paths["mkv"])
    assert run(path) == 1
    again, afresh = Path(f"{path}.report.json").read_bytes(), tmp_path / "afresh.json"
    run(path, "--out", afresh)
    assert again == afresh.read_bytes()
    assert [line[0][0] for line in map(json.loads, state.read_text().splitlines())] != []
    assert {line[0][0] for line in map(json.loads, state.read_text().splitlines())} == set(map(str, names))


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_hanging_file_is_left_at_the_time_out(root, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    path = write_list(tmp_path / "list.txt", [tmp_path / "pipe.mp4", root / "plain.mp4", tmp_path / "pipe.mp4"])
    assert run(path, "--timeout", 3, "--jobs", 1) == 1
    assert report_of(path)["bad"] == {str(tmp_path / "pipe.mp4"): {
        "kind": "timed out", "reason": "not done within 3 seconds"}}
    assert len(Path(f"{path}.report.jsonl").read_text().splitlines()) == 1  # the next run tries again


# Processes

def hang_or_die(job):
    if job == "hang":
        time.sleep(60)
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return job.upper()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_processes_that_hang_or_die_are_replaced(workers):
    jobs = ["a", "die", "b", "hang", "c", "die", "d"]
    found = [(job, str(result)) for job, result in in_processes(hang_or_die, jobs, workers, timeout=2)]
    assert sorted(found) == [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"),
                             ("die", "its process ended with exit code -9"),
                             ("die", "its process ended with exit code -9"), ("hang", "not done within 2 seconds")]


def test_processes_are_kept_and_end_with_their_user():
    results = in_processes(lambda _: os.getpid(), range(20), 2, timeout=60)
    pids = {pid for _, pid in results}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_processes_of_a_killed_parent_end():
    code = ("import os, time\nfrom vididi_transforms.data.worker_processes import in_processes\n"
            "def work(seconds):\n    os.write(1, b'%d\\n' % os.getpid())\n    time.sleep(seconds)\n"
            "list(in_processes(work, [0, 60, 60], 2, timeout=4))")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = {int(process.stdout.readline()) for _ in range(3)}
    process.kill()
    process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    """Neither gone nor waiting to be fetched by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# Lists

@pytest.mark.parametrize(("text", "delimiter", "names"), [
    ("a.mp4 0\nb/c.mp4 12\n\n", " ", ["a.mp4", "b/c.mp4"]),
    ("my video 2.mp4 3\nx.mp4", " ", ["my video 2.mp4", "x.mp4"]),
    ("a.mp4 1 5 7\r\nb.mp4 -1\r\n", " ", ["a.mp4", "b.mp4"]),
    ("a, b.mp4,1\n", ",", ["a, b.mp4"]),
    ("a 1.mp4\t1\n", "\t", ["a 1.mp4"]),
    ("ö #[1].mp4 4\n", " ", ["ö #[1].mp4"]),
])
def test_names_of_a_list(tmp_path, text, delimiter, names):
    (tmp_path / "list.txt").write_bytes(text.encode())
    assert [name for name, _ in read_list(tmp_path / "list.txt", delimiter)] == names


def test_lists_with_another_delimiter_and_repeated_names(root, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("plain.mp4,1\nno.mp4,2\nplain.mp4,3\n./plain.mp4,1\n")
    assert run(path, "--root", root, "--delimiter", "comma", "--write-good", tmp_path / "good.txt") == 1
    assert report_of(path)["counts"]["good"] == 2
    assert (tmp_path / "good.txt").read_text() == "plain.mp4,1\nplain.mp4,3\n./plain.mp4,1\n"


# Errors

def test_help_has_an_example(capsys):
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert "vididi verify data/ucf101/train.txt --root data/ucf101/videos --jobs 8" in text
    assert all(option in text for option in ("--out", "--quick", "--timeout", "--write-good", "--delimiter"))


def test_bad_lists(tmp_path, capsys):
    assert error_of(capsys, tmp_path / "no.txt") == f"[Errno 2] No such file or directory: '{tmp_path}/no.txt'"
    (tmp_path / "empty.txt").write_text("\n \n")
    assert error_of(capsys, tmp_path / "empty.txt") == (
        f"a list needs at least one video: {tmp_path}/empty.txt names none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.txt"]


@pytest.mark.parametrize("more", [["--write-good", "list.txt"], ["--out", "list.txt"], ["--write-good", "link.txt"],
                                  ["--out", "r.json", "--write-good", "r.jsonl"]])
def test_nothing_is_overwritten(tmp_path, capsys, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    before = write_list(tmp_path / "list.txt", ["a.mp4"]).read_text()
    (tmp_path / "link.txt").symlink_to("list.txt")
    assert error_of(capsys, "list.txt", *more).startswith("the list and what is written must be different files: got ")
    assert (tmp_path / "list.txt").read_text() == before


def test_no_good_video(tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["a.mp4"])
    assert error_of(capsys, path, "--write-good", tmp_path / "good.txt") == (
        f"{tmp_path}/good.txt needs at least one video: none is good")
    assert not (tmp_path / "good.txt").exists()
    assert kinds_of(report_of(path)) == {"a.mp4": "missing"}


def test_a_strange_state_is_told(tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["a.mp4"])
    Path(f"{path}.report.jsonl").write_text("no json\n")
    assert error_of(capsys, path) == f"{path}.report.jsonl must hold results, remove it to start anew: got 'no json'"


@pytest.mark.parametrize("module", ["av", "tqdm"])
def test_without_pyav_the_error_says_how_to_get_it(root, tmp_path, capsys, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    assert error_of(capsys, write_list(tmp_path / "list.txt", ["plain.mp4"]), "--root", root) == (
        f"this needs: pip install 'vididi-transforms[videos]' (got: import of {module} halted; None in "
        "sys.modules)")
