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
from bad_videos import KINDS, kinds
from commands import exit_code, usage_error
from mmengine.config import Config
from paths import ROOT
from PIL import Image
from video_files import record
from waiting import until

from vididi_transforms.data import motion_videos, verification, verify_videos
from vididi_transforms.data.faults import FAULTS, Fault, _damaged, _Decoded, _matroska_end, fault_of
from vididi_transforms.data.prepare import ava
from vididi_transforms.data.readers import Reader
from vididi_transforms.data.readers.reader import READERS
from vididi_transforms.data.verify_videos import CONFIG
from vididi_transforms.data.worker_processes import in_processes

run, error_of = partial(exit_code, "verify"), partial(usage_error, "verify")

# Faults that the first and the last frame do not show.
INSIDE = ("zero-middle", "flipped-bits")


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

@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", kinds())
def test_each_kind_of_video(paths, name, reader):
    fault = fault_of(paths[name], reader=reader)
    assert (fault.kind if fault else "") == KINDS[name].fault
    assert not fault or fault.kind in FAULTS


@pytest.mark.parametrize("reader", READERS)
def test_what_is_good_can_be_read_as_in_training(paths, reader):
    good = [path for path in paths.values() if not fault_of(path, reader=reader)]
    assert len(good) >= 60
    for path in good:
        frames = Reader(reader).read(path, lambda video: range(len(video)))
        assert len({frame.shape for frame in frames}) == 1


@pytest.fixture
def wrong_reader(monkeypatch):
    """Function of a method: how PyAV's reader returns frames from then on."""
    return lambda **methods: monkeypatch.setitem(READERS, "pyav", type("Wrong", (READERS["pyav"],), methods))


def test_a_reader_that_returns_other_frames(paths, wrong_reader):
    right = READERS["pyav"].frames
    wrong_reader(frames=lambda video, indices: right(video, [max(index - 1, 0) for index in indices]))
    assert fault_of(paths["plain"]) == Fault("misread", "pyav returns other frames: 20, 39")


def test_a_reader_that_counts_other_frames(paths, wrong_reader):
    wrong_reader(__len__=lambda video: 30)
    assert fault_of(paths["plain"]) == Fault("misread", "pyav counts 30 frames: 40 are shown")


def test_a_reader_that_fails(paths, wrong_reader):
    def frames(video, indices):
        raise MemoryError("no room")

    wrong_reader(frames=frames)
    assert fault_of(paths["plain"]) == Fault("misread", "pyav: MemoryError: no room")
    assert fault_of(paths["cut-data"]).kind == "truncated"
    assert fault_of(paths["plain"], reader="opencv") is None
    assert fault_of(paths["plain"], quick=True) is None


@pytest.mark.parametrize("quick", [False, True])
def test_a_named_pipe_is_unreadable_at_once(tmp_path, quick):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert fault_of(tmp_path / "pipe.mp4", quick) == Fault(
        "unreadable", f"a video must be a regular file: got {tmp_path}/pipe.mp4")


@pytest.mark.parametrize("name", kinds())
def test_a_quick_check_finds_faults_at_the_ends(paths, name):
    fault = fault_of(paths[name], quick=True)
    if name in INSIDE or not KINDS[name].fault:
        assert fault is None
    else:
        assert fault.kind in (KINDS[name].fault, "unreadable")


@pytest.mark.parametrize(("name", "reason"), [
    ("missing", "No such file or directory"), ("directory", "Is a directory"), ("jpeg", "a picture (jpeg_pipe)"),
    ("no-frames-avi", "no frame"), ("promise-avi", "decoded 40 of 80 frames"),
    ("cut-mkv", "ends 1.20 of 2.00 seconds too early"), ("cut-mkv-sound", "ends 0.50 of 2.00 seconds too early"),
    ("two-sizes", "64 x 64, 96 x 80"),
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


@pytest.mark.parametrize(("tags", "streams", "end"), [
    ({"DURATION": "01:02:03.500000000"}, 2, 3723.5), ({}, 1, 4), ({}, 2, 0), ({"DURATION": "long"}, 2, 0)])
def test_end_of_a_stream_in_matroska(tags, streams, end):
    """The duration of the file is that of its longest stream."""
    container = SimpleNamespace(duration=4_000_000, streams=[None] * streams)
    assert _matroska_end(container, SimpleNamespace(metadata=tags)) == end


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
    assert out[0].startswith(f"videos of {list_of_all}: {len(paths)}, classes: {len(paths)}, duplicates: 0, ")
    assert out[1].split() == ["good", str(len(paths) - len(faults))]
    assert out[-2] == f"{len(faults)} of {len(paths)} videos are bad: see {list_of_all}.report.json"
    assert out[-1] == (f"Next: mim train vididi_transforms {CONFIG} --launcher none --cfg-options "
                       f"train_dataloader.dataset.ann_file={good} train_dataloader.dataset.data_prefix.video={root}")
    assert sorted(path.name for path in list_of_all.parent.iterdir()) == [
        "all.txt", "all.txt.report.json", "all.txt.report.jsonl", "good.txt"]


def test_good_videos(root, tmp_path, capsys):
    path = write_list(tmp_path / "list.txt", ["plain.mp4", "mkv.mkv"])
    assert run(path, "--root", root, "--out", tmp_path / "new/report.json", "--quick") == 0
    report = json.loads((tmp_path / "new/report.json").read_text())
    assert (report["bad"], report["reader"], report["quick"], report["counts"]["good"]) == ({}, "pyav", True, 2)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"0 of 2 videos are bad: see {tmp_path}/new/report.json",
        f"Next: mim train vididi_transforms {CONFIG} --launcher none --cfg-options "
        f"train_dataloader.dataset.ann_file={path} train_dataloader.dataset.data_prefix.video={root} "
        "train_dataloader.batch_size=2"]


@pytest.mark.parametrize("more", [
    [], ["--quick", "--out", "my report.json", "--delimiter", "comma", "--reader", "opencv"]])
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


def test_the_batch_of_the_next_command_is_that_of_the_config():
    config = Config.fromfile(next(ROOT.glob(f"mmaction_configs/*/{verify_videos.CONFIG}")))
    assert config.train_dataloader.batch_size == verify_videos.BATCH


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
    for other in (["--quick"], ["--reader", "opencv"]):  # stored separately
        run(*command, *other)
        assert sorted(read[-1]) == ["a.mp4", "b.mp4", "no.mp4"]
        run(*command)
        assert read[-1] == ["no.mp4"]


def noted(read):
    def in_processes_noted(function, jobs, workers, timeout):
        read.append([job.path.name for job in jobs])
        return in_processes(function, jobs, workers, timeout)
    return in_processes_noted


SLOW = """
import sys, time
from pathlib import Path
from vididi_transforms.cli import main
from vididi_transforms.data import verification
fault_of = verification.fault_of
verification.fault_of = lambda path, *args: time.sleep(600) if path.stem == "slow" else fault_of(path, *args)
main(["verify", *sys.argv[1:]])
"""


@pytest.mark.parametrize("half_a_line", [False, True])
def test_killed_and_started_again(paths, root, tmp_path, half_a_line):
    """The run is killed at the fourth video."""
    (tmp_path / "slow.mp4").write_bytes(paths["mkv"].read_bytes())
    names = [root / "plain.mp4", root / "cut-data.mp4", root / "text.mp4", tmp_path / "slow.mp4", root / "avi.avi"]
    path = write_list(tmp_path / "list.txt", names)
    state = Path(f"{path}.report.jsonl")
    process = subprocess.Popen([sys.executable, "-c", SLOW, path, "--jobs", "1"], stderr=subprocess.DEVNULL)
    until(lambda: state.exists() and state.read_text().count("\n") == 3)
    process.kill()
    process.wait()
    assert not Path(f"{path}.report.json").exists()
    if half_a_line:
        state.write_text(state.read_text()[:-10])
    assert run(path) == 1
    again, afresh = Path(f"{path}.report.json").read_bytes(), tmp_path / "afresh.json"
    run(path, "--out", afresh)
    assert again == afresh.read_bytes()
    assert {line[0][0] for line in map(json.loads, state.read_text().splitlines())} == set(map(str, names))


def test_a_hanging_file_times_out(paths, root, tmp_path):
    slow, plain = tmp_path / "slow.mp4", root / "plain.mp4"
    slow.write_bytes(b"")
    path = tmp_path / "list.txt"
    path.write_text("\n".join(map(str, [slow, plain, slow])))
    done = subprocess.run([sys.executable, "-c", SLOW, path, "--timeout", "3", "--jobs", "1"], check=False)
    assert done.returncode == 0  # of the script
    assert report_of(path)["bad"] == {str(slow): {"kind": "timed out", "reason": "took longer than 3 seconds"}}
    assert len(Path(f"{path}.report.jsonl").read_text().splitlines()) == 1  # the next run tries again


# Folders of frames

@pytest.fixture
def folders(tmp_path):
    """Folders of 5 frames by what is wrong with them."""
    names = ("good", "hole", "cut", "text", "sizes", "other-names")
    for name in names:
        (tmp_path / name).mkdir()
        for number in range(1, 6):
            size = (40, 30) if name == "sizes" and number == 5 else (64, 48)
            title = "frame_{}.png" if name == "other-names" else "img_{:05}.jpg"
            Image.effect_noise(size, 64).save(tmp_path / name / title.format(number))
    (tmp_path / "hole/img_00004.jpg").unlink()
    (tmp_path / "cut/img_00003.jpg").write_bytes((tmp_path / "cut/img_00003.jpg").read_bytes()[:-200])
    (tmp_path / "text/img_00002.jpg").write_text("no picture")
    (tmp_path / "list.txt").write_text("".join(f"{name} 5 0\n" for name in names))
    return tmp_path


def test_folders_of_frames(folders, capsys):
    assert run(folders / "list.txt", "--root", folders) == 1
    assert kinds_of(report_of(folders / "list.txt")) == {
        "hole": "missing", "cut": "damaged", "text": "damaged", "sizes": "changes size", "other-names": "missing"}
    assert {name: fault["reason"].split(":")[0] for name, fault in report_of(folders / "list.txt")["bad"].items()} == {
        "hole": "img_00004.jpg of 5 frames", "cut": "img_00003.jpg", "text": "img_00002.jpg",
        "sizes": "64 x 48, 40 x 30", "other-names": "img_00001.jpg of 5 frames"}
    assert run(folders / "list.txt", "--root", folders, "--frames", "frame_{}.png") == 1
    assert set(kinds_of(report_of(folders / "list.txt"))) == {"good", "hole", "cut", "text", "sizes"}
    assert shlex.split(capsys.readouterr().out.splitlines()[-1])[-4:-2] == ["--frames", "frame_{}.png"]


def test_too_many_frames_in_the_list(folders, capsys):
    path = folders / "more.txt"
    path.write_text("good 7 0\n")
    assert run(path, "--root", folders) == 1
    assert report_of(path)["bad"]["good"]["reason"] == "img_00006.jpg of 7 frames"
    path.write_text("good 5 0\n")
    capsys.readouterr()
    assert run(path, "--root", folders) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Next: train with ann_file='{path}', data_prefix=dict(img='{folders}') in the dataset of your config")


def test_no_frames_in_the_list(folders):
    path = folders / "none.txt"
    path.write_text("good 0 1\n")
    assert run(path, "--root", folders) == 1
    assert report_of(path)["bad"]["good"] == {"kind": "missing", "reason": "0 frames in the list"}


def test_a_changed_frame_is_read_again(folders):
    path = folders / "one.txt"
    path.write_text("good 5 0\n")
    assert run(path, "--root", folders) == 0
    (folders / "good/img_00002.jpg").write_text("no picture")
    assert run(path, "--root", folders) == 1


# Lists

def test_spellings_and_lines_of_one_list(root, tmp_path, capsys):
    """A list in UTF-16 with Windows line ends, a header and a quoted name; the good list keeps the lines."""
    (tmp_path / "sub").mkdir()
    for name in ("sub/my clip 2.mp4", "Ünïcode 中文 🎥 #%.mp4"):
        (tmp_path / name).symlink_to(root / "plain.mp4")
    lines = [r"sub\my clip 2.mp4,1", '"Ünïcode 中文 🎥 #%.mp4",2', "", f"{root}/plain.mp4;1", "./no.mp4\t0",
             "sub/my clip 2.mp4  1"]
    path = tmp_path / "list.csv"
    path.write_bytes("\r\n".join(["path,label", *lines, "", ""]).encode("utf-16"))
    assert run(path, "--root", tmp_path, "--write-good", tmp_path / "good.csv") == 1
    assert kinds_of(report_of(path)) == {"./no.mp4": "missing"}
    assert (tmp_path / "good.csv").read_text().splitlines() == [*lines[:2], lines[3], lines[5]]
    assert capsys.readouterr().out.splitlines()[0] == (
        f"videos of {path}: 5, classes: 3, duplicates: 1, blank lines: 2, without label: 0")
    assert run(tmp_path / "good.csv", "--root", tmp_path) == 0


def test_a_given_delimiter_is_the_only_one(root, tmp_path):
    (tmp_path / "clip,2").symlink_to(root / "plain.mp4")
    (tmp_path / "list.txt").write_text("clip,2\n")
    assert run(tmp_path / "list.txt", "--root", tmp_path) == 1
    assert run(tmp_path / "list.txt", "--root", tmp_path, "--delimiter", "tab") == 0


# Errors

def test_a_list_or_a_config_is_needed(capsys):
    assert error_of(capsys) == "a list of videos is needed: give LIST or --config"


def test_without_opencv_the_error_says_how_to_get_it(root, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("vididi_transforms.data.readers.reader.find_spec", lambda package: None)
    path = write_list(tmp_path / "list.txt", ["plain.mp4"])
    assert error_of(capsys, path, "--root", root, "--reader", "opencv") == (
        "this needs: pip install 'vididi-transforms[mmaction2]' (got: the reader 'opencv' needs the package 'cv2')")


def test_help_has_an_example(capsys):
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert "vididi verify data/ucf101/train.txt --root data/ucf101/videos --jobs 8" in text
    assert all(option in text for option in ("--out", "--quick", "--timeout", "--write-good", "--delimiter", "--reader",
                                              "--frames", "--config"))


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


@pytest.mark.parametrize("more", [[], ["--out", "/proc/report.json"], ["--write-good", "/proc/good.txt"]])
def test_a_folder_that_cannot_be_written(tmp_path, capsys, more):
    """Found before the videos are read; root can write everywhere but there."""
    path = write_list(tmp_path / "list.txt", ["a.mp4"]) if more else "/proc/sys/kernel/hostname"
    option, file = more or ("--out", f"{path}.report.json")
    assert error_of(capsys, path, *more).startswith(
        f"{option} must be a file in a folder where files can be written: got {file} (")


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


@pytest.mark.parametrize(("module", "reason"), [
    ("av", "the reader 'pyav' needs the package 'av'"),
    ("tqdm", "import of tqdm halted; None in sys.modules"),
])
def test_without_pyav_the_error_says_how_to_get_it(root, tmp_path, capsys, monkeypatch, module, reason):
    monkeypatch.setitem(sys.modules, module, None)
    assert error_of(capsys, write_list(tmp_path / "list.txt", ["plain.mp4"]), "--root", root) == (
        f"this needs: pip install 'vididi-transforms[videos]' (got: {reason})")
