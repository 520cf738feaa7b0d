"""Nothing outside the folders is written, whatever names and links they hold."""
import json
import os

import pytest
import torch
from prepare_runs import AVA_LINE, error_of, put, run, write
from spoiled_disk import full_disk

from vididi_transforms.data.files import append_text, complete, write_text
from vididi_transforms.data.motion_videos import encode, write_dataset

CLASS = "A"
BAD = ["../x", "a/../../x", "..\\x", "a\\..\\..\\x", "C:\\x", "\\\\host\\x", "a\0", "a\tb", "a\x1b[2Jb", "a\x7fb",
       "a\x85b", "a\u2028b", "a\u2029b"]
ODD = ["$(touch marker)", "`touch marker`", "a;touch marker", "|touch marker", "~", "-rf", "--help", "%s%n", "%05d",
       "file:x", "pipe:0", "concat:a|b", "http:", "x.zip", "x.tar.gz", "x.zip!", "a.part", "CON", "é\u200d", "*",
       "x" * 220]


@pytest.fixture
def world(tmp_path, video):
    """``data`` has a video for each dataset; ``outside`` must not change."""
    write(tmp_path / "outside/precious.txt", "precious")
    put(video, tmp_path / "outside", "x.avi")
    put(video, tmp_path / "data/videos", f"{CLASS}/good.avi", f"{CLASS}/other.avi", "good_000001_000002.mp4",
        "good.mp4")
    before = tree(tmp_path / "outside")
    yield tmp_path / "data"
    assert tree(tmp_path / "outside") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "outside"]
    assert not list(tmp_path.rglob("marker"))


def tree(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def write_lists(data, *names):
    """Write names into the lists of each dataset, after a good one."""
    names = ("good", *names)
    write(data / "ann/classInd.txt", f"1 {CLASS}\n")
    write(data / "ann/trainlist01.txt", "".join(f"{CLASS}/{name}.avi 1\n" for name in names))
    write(data / "ann/testlist01.txt", f"{CLASS}/other.avi\n")
    write(data / f"ann/{CLASS}_test_split1.txt", "".join(f"{name}.avi 1\n" for name in names) + "other.avi 2\n")
    rows = "".join(f'{CLASS},"{name}",1,2\n' for name in names)
    write(data / "train.csv", f"label,youtube_id,time_start,time_end\n{rows}")
    for subset in ("train", "val"):
        write(data / f"ann/ava_{subset}_v2.2.csv", "".join(AVA_LINE.format(f'"{name}"', 902) for name in names))


def command(data, name):
    splits = [name, "--annotations", data / "ann", "--videos", data / "videos"]
    kinetics = [name, "--train-csv", data / "train.csv", "--train-videos", data / "videos"]
    ava = [name, "--annotations", data / "ann", "--frames", data / "small", "--version", 2.2, "--extract",
           data / "videos", "--start", 0, "--end", 1, "--fps", 5]
    more = {"kinetics400": kinetics, "k200-40k": [*kinetics, "--class-count", 1], "ava": ava}.get(name, splits)
    return [*more, "--out", data / "out", *(() if name == "ava" else ("--reencode", data / "small"))]


SETS = ("ucf101", "hmdb51", "kinetics400", "k200-40k", "ava")


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_names_that_lead_out_are_refused(world, capsys, dataset, name):
    write_lists(world, name)
    error = error_of(capsys, *command(world, dataset))
    assert error.startswith(("names in lists ", "text must be UTF-8", "train.csv must be a csv file",
                             "ava_train_v2.2.csv "))
    assert not (world / "out").exists()
    assert not (world / "small").exists()


@pytest.mark.parametrize("dataset", SETS)
def test_odd_names_are_names(world, video, monkeypatch, dataset):
    """Commands, options, protocols or archives in a name mean nothing.

    The file of that name is re-encoded.
    """
    monkeypatch.chdir(world)
    write_lists(world, *ODD)
    for name in ODD:
        put(video, world / "videos", f"{CLASS}/{name}.avi", f"{name}_000001_000002.mp4", f"{name}.mp4")
    assert run(*command(world, dataset)) == (1 if dataset == "ava" else 0)
    written = (world / "small").glob("*") if dataset == "ava" else (world / "small").rglob("*.mp4")
    assert len(list(written)) == len(ODD) + {"ucf101": 2, "hmdb51": 2}.get(dataset, 1)


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("name", ["x" * 5000, "d/" * 3000 + "x"], ids=["long", "deep"])
def test_very_long_names_are_missing(world, capsys, dataset, name):
    write_lists(world, name)
    if dataset == "ava":
        error = "ava_train_v2.2.csv needs lines" if "/" in name else "File name too long"
        assert error in error_of(capsys, *command(world, dataset))
    else:
        assert run(*command(world, dataset)) == 0
        assert len(json.loads((world / "out/report.json").read_text())["missing"]) == 1


def test_names_too_long_for_the_copy_are_an_error(world, video, capsys):
    name = "x" * 251
    write_lists(world, name)
    put(video, world / "videos", f"{CLASS}/{name}.avi")
    assert "File name too long" in error_of(capsys, *command(world, "ucf101"))


def test_names_that_differ_by_case_stay_two(world, video):
    write_lists(world, "GOOD")
    put(video, world / "videos", f"{CLASS}/GOOD.avi")
    assert run(*command(world, "ucf101")) == 0
    assert (world / "out/ucf101_train_split_1_videos.txt").read_text() == f"{CLASS}/good.mp4 0\n{CLASS}/GOOD.mp4 0\n"
    assert {path.name for path in (world / "small" / CLASS).iterdir()} == {"good.mp4", "GOOD.mp4", "other.mp4"}


def test_one_file_for_two_names_is_one(world):
    write_lists(world, "GOOD")
    assert run(*command(world, "ucf101")) == 0
    assert (world / "out/ucf101_train_split_1_videos.txt").read_text() == f"{CLASS}/good.mp4 0\n"


# Links in the folders

WRITTEN = ["out/report.json", "out/ucf101_train_split_1_videos.txt", "out/ucf101_val_split_1_videos.txt"]


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("place", [*WRITTEN, f"small/{CLASS}/good.mp4", "small/reencode.json"])
@pytest.mark.parametrize("ending", ["", ".part"])
def test_links_are_not_written_through(world, capsys, link, place, ending):
    """Neither at the path of a file nor at its temporary path."""
    write_lists(world, "good")
    path = world / f"{place}{ending}"
    path.parent.mkdir(parents=True)
    link(world.parent / "outside/precious.txt", path)
    refused = link is os.symlink and place.startswith("small") and not ending
    refused = refused or (place.endswith("reencode.json") and not ending)  # not JSON
    assert run(*command(world, "ucf101")) == (2 if refused else 0)
    if link is os.symlink and refused:
        assert "files must be inside of" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["outside", "nowhere"])
@pytest.mark.parametrize("ending", ["", ".part"])
def test_frames_are_not_written_through_links(world, capsys, target, ending):
    write_lists(world, "good")
    (world / "small").mkdir()
    (world / f"small/good{ending}").symlink_to(world.parent / target)
    code = run(*command(world, "ava"))
    assert code == (1 if ending else 2)
    assert bool(list(world.glob("small/good/*.jpg"))) == bool(ending)
    assert ending or "files must be inside of" in capsys.readouterr().err


def test_a_link_in_what_a_killed_run_left_is_not_followed(world):
    write_lists(world, "good")
    (world / "small/good.part").mkdir(parents=True)
    (world / "small/good.part/link").symlink_to(world.parent / "outside")
    assert run(*command(world, "ava")) == 1


def test_videos_that_are_links_in_a_circle_are_refused(world, capsys):
    write_lists(world, "loop")
    (world / f"videos/{CLASS}/loop.avi").symlink_to("loop.avi")
    assert run(*command(world, "ucf101")) in (0, 2)  # for newer Pythons the file is missing
    assert not (world / f"small/{CLASS}/loop.mp4").exists()


def test_the_folder_that_is_named_may_be_a_link(world):
    write_lists(world, "good")
    (world / "real").mkdir()
    (world / "out").symlink_to(world / "real")
    assert run(*command(world, "ucf101")) == 0
    assert (world / "real/report.json").is_file()


@pytest.mark.parametrize("place", ["train.txt", "train", "train/slide-x_00000.mp4.part", "train/slide-x_00000.mp4"])
def test_motion_videos_are_not_written_through_links(world, place):
    path = world / "motion" / place
    path.parent.mkdir(parents=True)
    path.symlink_to(world.parent / "outside" / ("" if place == "train" else "precious.txt"))
    if place == "train":
        with pytest.raises(ValueError, match=r"files must be inside of .*: 'train' leads to"):
            write_dataset(world / "motion", train=1, test=1, size=32, frames=4)
    else:
        write_dataset(world / "motion", train=1, test=1, size=32, frames=4)


# csv files

@pytest.mark.parametrize(("row", "error"), [
    ("x" * 200_000 + ",A,1,2", "train.csv must be a csv file: field larger than field limit (131072)"),
    ("x", "train.csv needs rows of 4 columns or more: got 'x'"),
    ("x,A,inf,2", "times must be numbers of seconds: got time_start 'inf' for 'x'"),
    ("x,A,1,1e400", "times must be numbers of seconds: got time_end '1e400' for 'x'"),
    ("x,..,1,2", "names in lists must be relative, without '..' and control characters: got '../x_000001_000002'"),
])
def test_bad_rows_are_an_error_in_one_line(world, capsys, row, error):
    write(world / "train.csv", f"youtube_id,label,time_start,time_end\n{row}\n")
    assert error_of(capsys, *command(world, "kinetics400")) == error


@pytest.mark.parametrize("left", ["a.txt.part", "a.txt.part/b"])
def test_an_unfinished_file_is_written_again_from_scratch(tmp_path, left):
    write(tmp_path / left, "left by a killed run")
    write_text(tmp_path / "a.txt", "whole")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "whole"}


def test_after_an_error_the_old_file_stays(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OSError, match="7"), complete(tmp_path / "a.txt") as part:
        raise OSError(part.write_text("half of"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}


def test_a_line_is_appended_or_not(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "one\n")
    append_text(path, "two\n")
    with pytest.raises(OSError, match=rf"File too large: '{path}'"), full_disk(10):
        append_text(path, "three\n")
    assert path.read_text() == "one\ntwo\n"


def test_an_interrupted_motion_video_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="array shape"):
        encode(torch.zeros(4, 4, 32, 32), tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())
