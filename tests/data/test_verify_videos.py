"""``vididi verify``: every kind of fault, restarts, hanging files and lists."""
import json
import os
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from bad_videos import KINDS, kinds, write_kinds
from commands import exit_code, usage_error
from paths import ROOT
from video_files import record
from waiting import until

from vididi_transforms.data import motion_videos, verification, verify_videos
from vididi_transforms.data.faults import FAULTS, Fault, _damaged, _Decoded, fault_of
from vididi_transforms.data.prepare import ava
from vididi_transforms.data.verify_videos import CONFIG, read_list
from vididi_transforms.data.worker_processes import in_processes

run, error_of = partial(exit_code, "verify"), partial(usage_error, "verify")

# Faults that the first and the last frame do not show.
INSIDE = ("zero-middle", "flipped-bits", "promise-mp4", "edit-list", "avi-gap")


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
def test_a_quick_check_finds_faults_at_the_ends(paths, name):
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


def test_corrupt_frames_are_damage():
    """Frames that the decoder shows only in part.

    Which files have them depends on FFmpeg's version.
    """
    decoded = _Decoded()
    for corrupt in (False, False, True):
        assert _damaged(decoded) is None
        decoded.add(SimpleNamespace(is_corrupt=corrupt, width=64, height=48))
    assert _damaged(decoded) == Fault("damaged", "0 packets cannot be decoded, 1 of 3 frames only in part")


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "webm"])
@pytest.mark.parametrize("numbers", [1, 2, 3])
def test_short_videos_are_good(tmp_path, numbers, suffix, quick):
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
    assert out[-2] == f"{len(faults)} of {len(paths)} videos are bad: see {list_of_all}.report.json"
    assert out[-1] == (f"Next: mim train vididi_transforms {CONFIG} --launcher none --cfg-options "
                       f"train_dataloader.dataset.ann_file={good} train_dataloader.dataset.data_prefix.video={root}")
    assert sorted(path.name for path in list_of_all.parent.iterdir()) == [
        "all.txt", "all.txt.report.json", "all.txt.report.jsonl", "good.txt"]


def test_good_videos(root, tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["plain.mp4", "mkv.mkv"])
    assert run(path, "--root", root, "--out", tmp_path / "new/report.json", "--quick") == 0
    report = json.loads((tmp_path / "new/report.json").read_text())
    assert (report["bad"], report["quick"], report["counts"]["good"]) == ({}, True, 2)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"0 of 2 videos are bad: see {tmp_path}/new/report.json",
        f"Next: mim train vididi_transforms {CONFIG} --launcher none --cfg-options "
        f"train_dataloader.dataset.ann_file={path} train_dataloader.dataset.data_prefix.video={root}"]


@pytest.mark.parametrize("more", [[], ["--quick", "--out", "my report.json", "--delimiter", "comma"]])
def test_the_next_commands_write_the_good_list_and_train_on_it(root, tmp_path, capsys, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    between = "," if more else " "
    Path("my list.txt").write_text(f"plain.mp4{between}1\nno.mp4{between}2\n")
    assert run("my list.txt", "--root", root, *more) == 1
    program, name, *words = shlex.split(capsys.readouterr().out.splitlines()[-1].removeprefix("Next: "))
    assert (program, name) == ("vididi", "verify")
    assert run(*words) == 1
    assert Path("my list_good.txt").read_text() == f"plain.mp4{between}1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["my list.txt", "my list_good.txt", *(
        ["my report.json", "my report.jsonl"] if more else ["my list.txt.report.json", "my list.txt.report.jsonl"])])
    last = capsys.readouterr().out.splitlines()[-1]
    if more:
        assert last == (f"Next: train with ann_file='my list_good.txt', data_prefix=dict(video='{root}') and "
                        "delimiter=',' in the dataset of your config")
    else:
        assert "'train_dataloader.dataset.ann_file=my list_good.txt'" in last


@pytest.mark.parametrize("module", [ava, motion_videos, verify_videos])
def test_configs_of_next_commands_exist(module):
    assert len(list(ROOT.glob(f"mmaction_configs/*/{module.CONFIG}"))) == 1


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
    assert sorted(read[3]) == ["a.mp4", "b.mp4", "no.mp4"]  # a quick check is stored separately
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
    """The run is killed at the fourth video, a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe.mp4")
    names = [root / "plain.mp4", root / "cut-data.mp4", root / "text.mp4", tmp_path / "pipe.mp4", root / "avi.avi"]
    path = write_list(tmp_path / "list.txt", names)
    state = Path(f"{path}.report.jsonl")
    process = subprocess.Popen(command_of(path, "--jobs", 1, "--timeout", 30), stderr=subprocess.DEVNULL)
    until(lambda: state.exists() and state.read_text().count("\n") == 3)
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


def test_a_hanging_file_times_out(root, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    path = write_list(tmp_path / "list.txt", [tmp_path / "pipe.mp4", root / "plain.mp4", tmp_path / "pipe.mp4"])
    assert run(path, "--timeout", 3, "--jobs", 1) == 1
    assert report_of(path)["bad"] == {str(tmp_path / "pipe.mp4"): {
        "kind": "timed out", "reason": "took longer than 3 seconds"}}
    assert len(Path(f"{path}.report.jsonl").read_text().splitlines()) == 1  # the next run tries again


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
    assert error_of(capsys, tmp_path / "no.txt") == f"No such file or directory: {tmp_path}/no.txt"
    (tmp_path / "empty.txt").write_text("\n \n")
    assert error_of(capsys, tmp_path / "empty.txt") == (
        f"a list needs at least one video: {tmp_path}/empty.txt is empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.txt"]


@pytest.mark.parametrize("more", [["--write-good", "list.txt"], ["--out", "list.txt"], ["--write-good", "link.txt"],
                                  ["--out", "r.json", "--write-good", "r.jsonl"]])
def test_nothing_is_overwritten(tmp_path, capsys, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    before = write_list(tmp_path / "list.txt", ["a.mp4"]).read_text()
    (tmp_path / "link.txt").symlink_to("list.txt")
    assert error_of(capsys, "list.txt", *more).startswith("the list and the files to write must differ: got ")
    assert (tmp_path / "list.txt").read_text() == before


def test_no_good_video(tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["a.mp4"])
    assert error_of(capsys, path, "--write-good", tmp_path / "good.txt") == (
        f"{tmp_path}/good.txt needs at least one video: none is good")
    assert not (tmp_path / "good.txt").exists()
    assert kinds_of(report_of(path)) == {"a.mp4": "missing"}


def test_a_state_that_holds_no_results_is_an_error(tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["a.mp4"])
    Path(f"{path}.report.jsonl").write_text("no json\n")
    assert error_of(capsys, path) == (
        f"{path}.report.jsonl must hold results: got 'no json'; remove the file to start from scratch")


@pytest.mark.parametrize("module", ["av", "tqdm"])
def test_without_pyav_the_error_says_how_to_get_it(root, tmp_path, capsys, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    assert error_of(capsys, write_list(tmp_path / "list.txt", ["plain.mp4"]), "--root", root) == (
        f"this needs: pip install 'vididi-transforms[videos]' (got: import of {module} halted; None in "
        "sys.modules)")
