"""``vididi prepare``: labels, oddities of real split files, restarts, refusals.

Expected lists are written by hand; videos are tiny H.264 files.
"""
import argparse
import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest
from commands import exit_code
from prepare_runs import AVA_LINE, error_of, put, run, write

from vididi_transforms.cli import command_parser
from vididi_transforms.data import files
from vididi_transforms.data import video_io as videos
from vididi_transforms.data.motion_videos import encode
from vididi_transforms.data.motions import render
from vididi_transforms.data.prepare import ava as prepare_ava
from vididi_transforms.data.prepare import command, lists, splits, video_folder
from vididi_transforms.data.prepare.ava_frames import Window, extract
from vididi_transforms.data.prepare.k200 import choose_classes, in_seeded_order


def sizes_and_key_frames(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoded = list(container.decode(stream))
        return ((stream.codec_context.name, stream.width, stream.height, float(stream.average_rate)),
                [frame.key_frame for frame in decoded], [int(frame.to_ndarray(format="gray").mean())
                                                         for frame in decoded])


# UCF101

UCF_CLASSES = "1 ApplyEyeMakeup\r\n2 ApplyLipstick\r\n37 HandstandPushups\r\n"
UCF_TRAIN = ("\ufeffApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n"
             "ApplyLipstick/v_ApplyLipstick_g08_c01.avi 2\r\n\r\n"
             "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n"
             "HandstandPushups/v_HandStandPushups_g08_c01.avi 37\r\n")
UCF_TEST = "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\nHandstandPushups/v_HandStandPushups_g01_c01.avi\n"


@pytest.fixture
def ucf(tmp_path, video):
    write(tmp_path / "ann/classInd.txt", UCF_CLASSES)
    write(tmp_path / "ann/trainlist02.txt", UCF_TRAIN)
    write(tmp_path / "ann/testlist02.txt", UCF_TEST)
    put(video, tmp_path / "videos", "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
        "ApplyLipstick/v_ApplyLipstick_g08_c01.avi", "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi",
        "HandstandPushups/v_HandstandPushups_g08_c01.avi", "HandstandPushups/v_HandStandPushups_g01_c01.avi")
    return tmp_path


def ucf_command(root, *more):
    return ["ucf101", "--annotations", root / "ann", "--videos", root / "videos", "--out", root / "out", "--split", 2,
            *more]


def test_ucf101_lists_and_report(ucf, capsys):
    (ucf / "videos/ApplyLipstick/v_ApplyLipstick_g08_c01.avi").unlink()
    assert run(*ucf_command(ucf)) == 0
    assert sorted(path.name for path in (ucf / "out").iterdir()) == [
        "report.json", "ucf101_train_split_2_videos.txt", "ucf101_val_split_2_videos.txt"]
    assert (ucf / "out/ucf101_train_split_2_videos.txt").read_bytes() == (
        b"ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 0\nHandstandPushups/v_HandstandPushups_g08_c01.avi 36\n")
    assert (ucf / "out/ucf101_val_split_2_videos.txt").read_bytes() == (
        b"ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 0\nHandstandPushups/v_HandStandPushups_g01_c01.avi 36\n")
    assert json.loads((ucf / "out/report.json").read_text()) == {
        "lists": {"ucf101_train_split_2_videos.txt": {"videos": 2, "listed": 3},
                  "ucf101_val_split_2_videos.txt": {"videos": 2, "listed": 2}},
        "missing": ["ApplyLipstick/v_ApplyLipstick_g08_c01.avi"], "unreadable": {},
        "found_under_another_name": {"HandstandPushups/v_HandStandPushups_g08_c01.avi":
                                     "HandstandPushups/v_HandstandPushups_g08_c01.avi"}}
    assert capsys.readouterr().out == (
        f"{ucf}/out/ucf101_train_split_2_videos.txt: 2 of 3 videos\n"
        f"{ucf}/out/ucf101_val_split_2_videos.txt: 2 of 2 videos\n"
        f"1 missing, 0 unreadable, 1 found under another name: see {ucf}/out/report.json\n"
        f"Next: vididi verify {ucf}/out/ucf101_train_split_2_videos.txt --root {ucf}/videos\n")


def test_mmaction2_reads_the_list(ucf):
    from mmaction import datasets

    run(*ucf_command(ucf))
    data = datasets.VideoDataset(str(ucf / "out/ucf101_train_split_2_videos.txt"), [],
                                 data_prefix=dict(video=str(ucf / "videos")))
    assert [(Path(data[i]["filename"]).is_file(), data[i]["label"]) for i in range(len(data))] == [
        (True, 0), (True, 1), (True, 36)]


@pytest.mark.parametrize("layout", ["UCF-101/{}", "UCF101/UCF-101/{}", "flat"])
def test_nested_and_flat_folders(ucf, video, layout, capsys):
    """The letters of a class folder may differ too; archives and other folders lie beside the videos."""
    names = [path.relative_to(ucf / "videos").as_posix() for path in sorted((ucf / "videos").rglob("*.avi"))]
    listed = [name.split("/")[-1] if layout == "flat" else layout.format(name) for name in names]
    (ucf / "videos").rename(ucf / "elsewhere")
    put(video, ucf / "videos", *(name.replace("ApplyLipstick/", "applylipstick/") for name in listed))
    put(video, ucf / "videos", "ucfTrainTestlist/ApplyEyeMakeup/other.avi", "ApplyEyeMakeup.avi")
    write(ucf / "videos/UCF101.rar", "")
    assert run(*ucf_command(ucf, "--no-check")) == 0
    found = [*read_list(ucf, "out", "ucf101_train_split_2_videos.txt"),
             *read_list(ucf, "out", "ucf101_val_split_2_videos.txt")]
    assert sorted(found) == sorted(name.replace("ApplyLipstick/", "applylipstick/") for name in listed)
    assert "0 missing, 0 unreadable, 1 found under another name" in capsys.readouterr().out


def test_a_video_of_another_class_is_not_found(tmp_path, video):
    """A file of the same name counts only in the folder of its class, or in no folder."""
    put(video, tmp_path, "x/A/1.avi", "B/1.avi", "x/y/z/C/1.avi", "2.avi")
    folder = video_folder.VideoFolder(tmp_path)
    assert [folder.find((name,)) for name in ("A/1.avi", "a/1.mp4", "C/1.avi", "D/1.avi", "D/2.avi", "1.avi")] == [
        "x/A/1.avi", "x/A/1.avi", None, None, "2.avi", None]
    assert video_folder.VideoFolder(tmp_path, ignore_case=False).find(("a/1.avi",)) is None


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("reencode", [False, True])
def test_unreadable_videos_are_reported_and_not_listed(ucf, video, workers, reencode):
    write(ucf / "videos/ApplyLipstick/v_ApplyLipstick_g08_c01.avi", "no video")
    content = video.read_bytes()
    (ucf / "videos/HandstandPushups/v_HandstandPushups_g08_c01.avi").write_bytes(content[:len(content) // 2])
    more = ["--reencode", ucf / "small"] if reencode else []
    assert run(*ucf_command(ucf, "--workers", workers, *more)) == 0
    assert (ucf / "out/ucf101_train_split_2_videos.txt").read_text().splitlines() == [
        f"ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.{'mp4' if reencode else 'avi'} 0"]
    unreadable = json.loads((ucf / "out/report.json").read_text())["unreadable"]
    assert unreadable == dict.fromkeys(["ApplyLipstick/v_ApplyLipstick_g08_c01.avi",
                                        "HandstandPushups/v_HandStandPushups_g08_c01.avi"],
                                       "Invalid data found when processing input")
    assert not list(ucf.rglob("*.part*"))


def test_no_check_lists_what_is_there(ucf):
    write(ucf / "videos/ApplyLipstick/v_ApplyLipstick_g08_c01.avi", "no video")
    assert run(*ucf_command(ucf, "--no-check")) == 0
    assert "v_ApplyLipstick_g08_c01.avi 1" in (ucf / "out/ucf101_train_split_2_videos.txt").read_text()


# names

def test_links_may_lead_inside_and_not_out(tmp_path, video):
    put(video, tmp_path / "outside", "a.avi", "b.avi")
    put(video, tmp_path / "real", "A/a.avi")
    (tmp_path / "videos").symlink_to(tmp_path / "real")  # the folder itself may be a link
    (tmp_path / "real/B").symlink_to(tmp_path / "real/A")
    (tmp_path / "real/A/b.avi").symlink_to(tmp_path / "outside/b.avi")
    (tmp_path / "real/C").symlink_to(tmp_path / "outside")
    folder = video_folder.VideoFolder(tmp_path / "videos")
    assert folder.find(("B/a.avi",)) == "B/a.avi"
    for entry, name, target in (("A/b.avi", "A/b.avi", "outside/b.avi"), ("C/a.avi", "C", "outside")):
        text = f"files must be inside of {tmp_path / 'videos'}: {name!r} leads to {tmp_path / target}"
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            folder.find((entry,))


def test_reencoding_writes_nothing_through_a_link_that_leads_out(ucf, capsys):
    (ucf / "outside").mkdir()
    (ucf / "small").mkdir()
    (ucf / "small/ApplyEyeMakeup").symlink_to(ucf / "outside")
    assert error_of(capsys, *ucf_command(ucf, "--reencode", ucf / "small")) == (
        f"files must be inside of {ucf}/small: 'ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.mp4' leads to "
        f"{ucf}/outside/v_ApplyEyeMakeup_g08_c01.mp4")
    assert not list((ucf / "outside").iterdir())


def test_the_closest_name_is_found(tmp_path, video):
    put(video, tmp_path, "A/v_a.avi", "A/v_A.avi", "A/v_a.mp4", "A/v_b.mp4", "A/V_C.AVI")
    (tmp_path / "A/d.avi").mkdir()
    folder, strict = video_folder.VideoFolder(tmp_path), video_folder.VideoFolder(tmp_path, ignore_case=False)
    names = ["A/v_a.avi", "A/v_A.avi", "A/v_a.mp4", "A/v_b.avi", "a/v_c.avi", "A/d.avi", "A/v_e.avi", "B/v_a.avi",
             "A/V_a.avi"]
    assert [folder.find((name,)) for name in names] == [
        "A/v_a.avi", "A/v_A.avi", "A/v_a.mp4", "A/v_b.mp4", "A/V_C.AVI", None, None, None,
        "A/v_A.avi"]  # the first of two names that are equally close
    assert [strict.find((name,)) for name in names[3:5]] == ["A/v_b.mp4", None]


def test_an_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch):
    files.write_text(tmp_path / "list.txt", "old\n")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        files.write_text(tmp_path / "list.txt", "new\n")
    assert (tmp_path / "list.txt").read_text() == "old\n"


# HMDB51

HMDB_NAMES = ["(Rad)Schlag_die_Bank!_cartwheel_f_cm_np1_le_med_0.avi",
              "#1_it's_a[b]&c;d_cartwheel_u_nm_np1_ba_goo_0.avi",
              "two words_cartwheel_f_cm_np1_ba_bad_8.avi"]


@pytest.fixture
def hmdb(tmp_path, video):
    write(tmp_path / "ann/wave_test_split1.txt", "w_1.avi 2 \r\nw_2.avi 1 \r\n")
    write(tmp_path / "ann/cartwheel_test_split1.txt",
          f"{HMDB_NAMES[0]} 1 \n{HMDB_NAMES[1]} 2 \n{HMDB_NAMES[2]} 1 \nnot_used.avi 0 \n")
    write(tmp_path / "ann/brush_hair_test_split1.txt", "b.avi 1 \n")
    write(tmp_path / "ann/a_class_of_another_split_test_split2.txt", "b.avi 1 \n")
    put(video, tmp_path / "videos", "wave/w_1.avi", "wave/w_2.avi", "brush_hair/b.avi", "cartwheel/not_used.avi",
        *(f"cartwheel/{name}" for name in HMDB_NAMES))
    return tmp_path


def hmdb_command(root, *more):
    return ["hmdb51", "--annotations", root / "ann", "--videos", root / "videos", "--out", root / "out", *more]


def test_hmdb51_lists_with_odd_names(hmdb):
    assert run(*hmdb_command(hmdb, "--delimiter", "tab")) == 0
    assert (hmdb / "out/hmdb51_train_split_1_videos.txt").read_text() == (
        f"brush_hair/b.avi\t0\ncartwheel/{HMDB_NAMES[0]}\t1\ncartwheel/{HMDB_NAMES[2]}\t1\nwave/w_2.avi\t2\n")
    assert (hmdb / "out/hmdb51_val_split_1_videos.txt").read_text() == (
        f"cartwheel/{HMDB_NAMES[1]}\t1\nwave/w_1.avi\t2\n")


def test_the_delimiter_is_one_that_is_in_no_path(hmdb):
    names = ["a b.avi", "a\tb, c.avi", "a,b.avi"]
    settings = lists.Settings()
    assert [lists.delimiter_for(names[:number], settings) for number in (0, 1, 2, 3)] == [" ", "\t", ";", ";"]
    assert run(*hmdb_command(hmdb)) == 0
    train, val = ((hmdb / f"out/hmdb51_{part}_split_1_videos.txt").read_text() for part in ("train", "val"))
    assert f"cartwheel/{HMDB_NAMES[2]}\t1\n" in train
    assert val == f"cartwheel/{HMDB_NAMES[1]} 1\nwave/w_1.avi 2\n"


def test_a_path_with_the_delimiter_is_reencoded(hmdb):
    assert run(*hmdb_command(hmdb, "--reencode", hmdb / "small")) == 0
    listed = [line.split(" ") for line in (hmdb / "out/hmdb51_train_split_1_videos.txt").read_text().splitlines()]
    assert listed[2] == ["cartwheel/two_words_cartwheel_f_cm_np1_ba_bad_8.mp4", "1"]
    assert all((hmdb / "small" / name).is_file() for name, _ in listed)


@pytest.mark.parametrize("more", [[], ["--reencode", "small copies"], ["--delimiter", "tab"]])
def test_the_next_command_runs_as_it_is_printed(hmdb, capsys, monkeypatch, more):
    monkeypatch.chdir(hmdb)
    (hmdb / f"videos/cartwheel/{HMDB_NAMES[2]}").unlink()  # its name holds the delimiter
    assert run(*hmdb_command(hmdb, *more)) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    program, name, *words = shlex.split(line.removeprefix("Next: "))
    assert program == "vididi"
    assert exit_code(name, *words) == 0
    report = json.loads((hmdb / "out/hmdb51_train_split_1_videos.txt.report.json").read_text())
    assert report["counts"]["good"] == report["videos"] == 3


# Re-encoding

def test_reencoded_size_and_gop(tmp_path, video):
    """The copy has all frames in order, and a key frame at least every 6 frames.

    The source has one key frame.
    """
    assert videos.reencode(video, tmp_path / "a/small.mp4", short_side=32, gop=6) == ""
    about, keys, grays = sizes_and_key_frames(tmp_path / "a/small.mp4")
    assert about == ("h264", 42, 32, 10.0)
    _, source_keys, source_grays = sizes_and_key_frames(video)
    assert len(keys) == len(source_keys) == 20
    assert np.abs(np.subtract(grays, source_grays)).max() <= 2
    encode(render("slide-x", np.random.default_rng(0), 20, 48)[0], tmp_path / "moving.mp4")
    assert videos.reencode(tmp_path / "moving.mp4", tmp_path / "b.mp4", short_side=32, gop=6) == ""
    assert np.flatnonzero(sizes_and_key_frames(tmp_path / "moving.mp4")[1]).tolist() == [0]
    assert np.flatnonzero(sizes_and_key_frames(tmp_path / "b.mp4")[1]).tolist() == [0, 6, 12, 18]


def test_reading_from_a_time_begins_at_the_key_frame_before(tmp_path, video):
    videos.reencode(video, tmp_path / "a.mp4", short_side=32, gop=5)
    keys = np.flatnonzero(sizes_and_key_frames(tmp_path / "a.mp4")[1]) / 10
    start = next(time for time, _ in videos.frames(tmp_path / "a.mp4", start=1.45))
    assert start == pytest.approx(max(keys[keys < 1.45]))
    assert start > 0.9
    assert [round(time, 3) for time, _ in videos.frames(tmp_path / "a.mp4")] == [number / 10 for number in range(20)]


@pytest.mark.parametrize(("size", "expected"), [
    ((320, 240), (200, 150)), ((240, 320), (150, 200)), ((340, 256), (198, 150)), ((120, 90), (120, 90)),
    ((91, 61), (90, 60)),
])
def test_sizes_are_even_and_never_larger(size, expected):
    assert videos.scaled(*size, 150) == expected


def test_reencoding_restarts_where_it_was(ucf, monkeypatch):
    """After an interruption, no video is half-written and the next run continues."""
    command, smaller, started = ucf_command(ucf, "--reencode", ucf / "small", "--short-side", 16), videos._smaller, []

    def interrupted(source, short_side):
        started.append(source.name)
        third = len(started) == 3
        for number, frame in enumerate(smaller(source, short_side)):
            if third and number == 5:
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr(videos, "_smaller", interrupted)
    assert run(*command) == 130
    whole = sorted((ucf / "small").rglob("*.mp4"))
    assert len(whole) == 2
    assert not list(ucf.rglob("*.part"))
    assert not (ucf / "out").exists()
    times = [path.stat().st_mtime_ns for path in whole]
    write(ucf / "small/HandstandPushups/v_HandStandPushups_g01_c01.mp4.part", "left by a killed run")
    assert run(*command) == 0
    assert [path.stat().st_mtime_ns for path in whole] == times
    assert started[3:] == [started[2], "v_ApplyEyeMakeup_g01_c01.avi", "v_HandStandPushups_g01_c01.avi"]
    assert len(list((ucf / "small").rglob("*.mp4"))) == 5
    assert not list(ucf.rglob("*.part"))


def test_reencoding_keeps_to_its_settings(ucf, capsys):
    run(*ucf_command(ucf, "--reencode", ucf / "small", "--short-side", 16))
    capsys.readouterr()
    assert error_of(capsys, *ucf_command(ucf, "--reencode", ucf / "small", "--gop", 3)) == (
        f"{ucf}/small must be used with the settings it was made with: {{'short_side': 16, 'gop': 12}}, "
        "got {'short_side': 150, 'gop': 3}; remove it or choose another folder")


def test_a_full_disk_is_not_an_unreadable_video(ucf, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(videos, "write_h264", full)
    assert error_of(capsys, *ucf_command(ucf, "--reencode", ucf / "small")) == "No space left on device"
    assert not (ucf / "out").exists()


# Kinetics

LABELS = ["air drumming", "playing cello", "tai chi"]


def kinetics_csv(path, split, labels, ids, start=4):
    rows = [f'"{label}",{label[0]}{split[0]}_{number:02d}-XyZ,{start},{start + 10},{split},0\r\n'
            for label in labels for number in range(ids)]
    write(path, "label,youtube_id,time_start,time_end,split,is_cc\r\n" + "".join(rows))


@pytest.fixture
def k400(tmp_path, video):
    kinetics_csv(tmp_path / "train.csv", "train", reversed(LABELS), 2)
    kinetics_csv(tmp_path / "val.csv", "validate", LABELS[1:], 1, start=123)
    put(video, tmp_path / "train", "air_drumming/at_00-XyZ_000004_000014.mp4", "tt_01-XyZ_000004_000014.mkv",
        "playing cello/pt_01-XyZ_000004_000014.mp4", "tai_chi/TT_00-xyz_000004_000014.mp4")
    put(video, tmp_path / "val", "tai_chi/tv_00-XyZ_000123_000133.webm")
    return tmp_path


def k400_command(root, *more):
    return ["kinetics400", "--train-csv", root / "train.csv", "--train-videos", root / "train", "--val-csv",
            root / "val.csv", "--val-videos", root / "val", "--out", root / "out", *more]


def test_kinetics400_lists(k400):
    assert run(*k400_command(k400, "--delimiter", "comma")) == 0
    assert (k400 / "out/kinetics400_train_list_videos.txt").read_text() == (
        "tt_01-XyZ_000004_000014.mkv,2\nplaying cello/pt_01-XyZ_000004_000014.mp4,1\n"
        "air_drumming/at_00-XyZ_000004_000014.mp4,0\n")
    assert (k400 / "out/kinetics400_val_list_videos.txt").read_text() == "tai_chi/tv_00-XyZ_000123_000133.webm,2\n"
    report = json.loads((k400 / "out/report.json").read_text())
    assert report["missing"] == ["tai_chi/tt_00-XyZ_000004_000014", "playing_cello/pt_00-XyZ_000004_000014",
                                 "air_drumming/at_01-XyZ_000004_000014", "playing_cello/pv_00-XyZ_000123_000133"]
    assert report["found_under_another_name"] == {}


def test_kinetics400_without_validation_and_one_csv_for_both(k400):
    both = (k400 / "train.csv").read_text() + (k400 / "val.csv").read_text().split("\n", 1)[1]
    write(k400 / "train.csv", both)
    assert run(*k400_command(k400, "--reencode", k400 / "small", "--short-side", 16)) == 0
    assert (k400 / "out/kinetics400_train_list_videos.txt").read_text().splitlines()[1] == (
        "playing_cello/pt_01-XyZ_000004_000014.mp4 1")
    assert run("kinetics400", "--train-csv", k400 / "train.csv", "--train-videos", k400 / "train", "--out",
               k400 / "other", "--delimiter", "tab") == 0
    assert sorted(path.name for path in (k400 / "other").iterdir()) == [
        "kinetics400_train_list_videos.txt", "report.json"]


# K200-40k

NAMES = [f"class {letter}" for letter in "abcdef"]


@pytest.fixture
def k200(tmp_path, video):
    write(tmp_path / "train.csv", "label,youtube_id,time_start,time_end,split\n" + "".join(
        f"{name},{name[-1]}{number},0,10,train\n" for number in range(8) for name in NAMES))
    for name in NAMES:
        for number in range(8):
            write(tmp_path / f"train/{name.replace(' ', '_')}/{name[-1]}{number}_000000_000010.mp4", "no video")
    return tmp_path


def k200_command(root, out, *more):
    return ["k200-40k", "--train-csv", root / "train.csv", "--train-videos", root / "train", "--out", root / out,
            "--class-count", 4, "--videos-per-class", 5, *more]


def read_list(root, out, name="k200-40k_train_list_videos.txt"):
    lines = (root / out / name).read_text().splitlines()
    return {path: int(label) for path, label in (line.split(" ") for line in lines)}


def test_k200_has_the_numbers_and_alphabetical_labels(k200):
    assert run(*k200_command(k200, "out", "--no-check")) == 0
    classes = (k200 / "out/k200-40k_classes.txt").read_text().splitlines()
    assert len(classes) == 4
    assert classes == sorted(classes)
    assert set(classes) < {name.replace(" ", "_") for name in NAMES}
    chosen = read_list(k200, "out")
    assert Counter(chosen.values()) == dict.fromkeys(range(4), 5)
    assert all(path.startswith(f"{classes[label]}/") for path, label in chosen.items())
    assert json.loads((k200 / "out/k200-40k_choice.json").read_text()) == {
        "seed": 0, "classes_from": "seed", "videos_per_class": 5, "videos": dict.fromkeys(classes, 5)}


def test_k200_can_be_reproduced(k200):
    """Same seed, given classes, or rows in another order: the same list.

    Another seed: another list.
    """
    run(*k200_command(k200, "a", "--no-check"))
    run(*k200_command(k200, "b", "--no-check", "--classes", k200 / "a/k200-40k_classes.txt"))
    header, *rows = (k200 / "train.csv").read_text().splitlines()
    write(k200 / "train.csv", "\n".join([header, *reversed(rows)]))
    run(*k200_command(k200, "c", "--no-check"))
    run(*k200_command(k200, "d", "--no-check", "--seed", 1))
    run(*k200_command(k200, "e", "--no-check", "--seed", 1, "--classes", k200 / "a/k200-40k_classes.txt"))
    a, b, c, d, e = (read_list(k200, out) for out in "abcde")
    assert a == b == c
    assert {path.split("/")[0] for path in a} != {path.split("/")[0] for path in d}
    for label in range(4):  # the seed chooses the videos too, differently in each class
        assert {path for path in a if a[path] == label} != {path for path in e if e[path] == label}
    assert len({tuple(path[-19:] for path in a if a[path] == label) for label in range(4)}) > 1
    assert json.loads((k200 / "b/k200-40k_choice.json").read_text())["classes_from"] == "file"


def test_k200_replaces_missing_and_unreadable_videos_and_no_others(k200, video):
    write(k200 / "classes.txt", "\ufeffclass c\r\nclass_a\r\n")
    more = ["--classes", k200 / "classes.txt"]
    run(*k200_command(k200, "before", "--no-check", *more))
    before = read_list(k200, "before")
    assert {path.split("/")[0] for path in before} == {"class_a", "class_c"}
    put(video, k200 / "train", *(f"class_{x}/{x}{number}_000000_000010.mp4" for x in "ac" for number in range(8)))
    gone, broken, *others = [path for path, label in before.items() if label == 0]
    (k200 / "train" / gone).unlink()
    write(k200 / "train" / broken, "no video")
    assert run(*k200_command(k200, "after", *more)) == 0
    after = read_list(k200, "after")
    assert Counter(after.values()) == {0: 5, 1: 5}
    assert {path for path in before if path not in after} == {gone, broken}
    report = json.loads((k200 / "after/report.json").read_text())
    assert (report["missing"], list(report["unreadable"])) == ([gone[:-4]], [broken[:-4]])
    for path in others[:2]:
        (k200 / "train" / path).unlink()
    assert run(*k200_command(k200, "fewer", *more)) == 0
    assert json.loads((k200 / "fewer/report.json").read_text())["classes_with_fewer_videos"] == {"class_a": 4}


def test_a_missing_video_does_not_move_the_others():
    found = {f"a/{number}.mp4": splits.Clip((f"a/{number}",), 0) for number in range(20)}
    order = in_seeded_order(found, "a", seed=0)
    assert sorted(order) == sorted(found)
    assert order != sorted(found)
    for gone in found:
        rest = {path: clip for path, clip in found.items() if path != gone}
        assert in_seeded_order(rest, "a", seed=0) == [path for path in order if path != gone]


def test_the_choice_of_classes_is_uniform():
    counts = Counter(name for seed in range(600) for name in choose_classes(list("abcdef"), 3, seed))
    assert all(abs(counts[name] - 300) < 5 * (600 * 0.25) ** 0.5 for name in "abcdef")


# AVA

AVA_FILES = ["ava_train_v2.2.csv", "ava_train_excluded_timestamps_v2.2.csv",
             "ava_dense_proposals_train.FAIR.recall_93.9.pkl", "ava_val_v2.2.csv",
             "ava_val_excluded_timestamps_v2.2.csv", "ava_dense_proposals_val.FAIR.recall_93.9.pkl",
             "ava_action_list_v2.2_for_activitynet_2019.pbtxt"]


@pytest.fixture
def ava(tmp_path, video):
    for name in AVA_FILES:
        write(tmp_path / "ann" / name, "x")
    write(tmp_path / "ann/ava_train_v2.2.csv",
          AVA_LINE.format("-5KQ66BBWC4", 902) + AVA_LINE.format("053oq2xB3oU", 903))
    write(tmp_path / "ann/ava_val_v2.2.csv", AVA_LINE.format("1j20qq1JyX4", 902))
    put(video, tmp_path / "videos", "-5KQ66BBWC4.mkv", "1j20qq1JyX4.mp4")
    return tmp_path


def ava_command(root, *more):
    return ["ava", "--version", 2.2, "--annotations", root / "ann", "--frames", root / "frames", "--out", root / "out",
            "--start", 1, "--end", 2, "--fps", 5, *more]


def test_ava_reports_what_is_missing(ava, capsys):
    (ava / "ann" / AVA_FILES[1]).unlink()
    write(ava / "ann" / AVA_FILES[6], "")
    write(ava / "frames/053oq2xB3oU/img_00002.jpg", "x")
    assert run(*ava_command(ava)) == 1
    assert json.loads((ava / "out/report.json").read_text()) == {
        "videos": 3, "missing_files": [AVA_FILES[1], AVA_FILES[6]], "missing_folders": ["-5KQ66BBWC4", "1j20qq1JyX4"],
        "missing_frames": {"053oq2xB3oU": 4}, "missing_videos": [], "unreadable": {}}
    assert capsys.readouterr().out == (
        f"missing file: {AVA_FILES[1]}\nmissing file: {AVA_FILES[6]}\n"
        f"3 videos: 2 without frames, 1 with too few frames, 0 unreadable: see {ava}/out/report.json\n"
        f"Next: add the missing files to {ava}/ann and run this command again\n")


def test_ava_frames_are_extracted_and_kept(ava, video):
    write(ava / "frames/-5KQ66BBWC4.part/img_00009.jpg", "left by a killed run")
    assert run(*ava_command(ava, "--extract", ava / "videos", "--short-side", 24)) == 1
    report = json.loads((ava / "out/report.json").read_text())
    assert (report["missing_videos"], report["missing_folders"]) == (["053oq2xB3oU"], ["053oq2xB3oU"])
    frames = sorted((ava / "frames/-5KQ66BBWC4").iterdir())
    assert [path.name for path in frames] == [f"img_0000{number}.jpg" for number in range(1, 6)]
    assert not list(ava.rglob("*.part"))
    put(video, ava / "videos", "053oq2xB3oU.webm")
    times = [path.stat().st_mtime_ns for path in frames]
    assert run(*ava_command(ava, "--extract", ava / "videos", "--short-side", 24, "--workers", 2)) == 0
    assert [path.stat().st_mtime_ns for path in frames] == times


@pytest.mark.parametrize(("window", "expected"), [
    (Window(0, 1, 10), range(10)),              # every frame
    (Window(1, 2, 5), range(10, 20, 2)),        # every other frame of the second second
    (Window(0, 1, 20), np.arange(20) // 2),     # each twice
    (Window(1, 3, 10), range(10, 20)),          # the video ends before the window
])
def test_frames_of_the_right_times(tmp_path, video, window, expected):
    """Frame k = 1, 2, ... is the one shown at ``start + (k - 1) / fps``."""
    assert extract(video, tmp_path / "frames", window, 256) == ""
    pictures = []
    for path in sorted((tmp_path / "frames").iterdir()):
        with av.open(str(path)) as container:
            pictures.append(next(container.decode(video=0)).to_ndarray(format="rgb24"))
    assert {picture.shape for picture in pictures} == {(48, 64, 3)}
    grays = 255 * np.linspace(0.1, 0.9, 20)[list(expected)]  # neighbouring frames differ by 11 gray levels
    assert len(pictures) == len(expected)
    assert np.abs([picture.mean() for picture in pictures] - grays).max() < 3


def test_videos_that_give_no_frames(tmp_path, video):
    write(tmp_path / "a.mp4", "no video")
    assert extract(tmp_path / "a.mp4", tmp_path / "a", Window(0, 1, 10), 256) == (
        "Invalid data found when processing input")
    assert extract(video, tmp_path / "b", Window(7, 8, 10), 256) == "ends before second 7"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_ava_defaults_are_those_of_mmaction2():
    names = Window().names
    assert (len(names), names[0], names[-1]) == (27000, "img_00001.jpg", "img_27000.jpg")


@pytest.mark.parametrize(("missing", "version", "extract", "expected"), [
    (dict(missing_files=["a.csv"], missing_folders=["v"]), "2.1", None,
     "add the missing files to ann and run this command again"),
    (dict(missing_folders=["v"]), "2.1", None, "run this command again with --extract, the folder of the videos"),
    (dict(missing_frames={"v": 4}), "2.1", Path("videos"),
     "add the videos that report.json names and run this command again"),
    ({}, "2.2", None, "train a detection config for AVA 2.2"),
    ({}, "2.1", None, "mim train vididi_transforms vididi-vicreg-pretrained-r3d18_2xb16-8x4x1-20e_ava21-rgb.py "
     "--launcher none --cfg-options load_from=CHECKPOINT"),
])
def test_ava_names_the_next_step(missing, version, extract, expected):
    args = argparse.Namespace(annotations="ann", version=version, extract=extract)
    assert prepare_ava._next_step(prepare_ava.AvaReport(**missing), args) == expected


# The command line

@pytest.mark.parametrize("name", command.DATASETS)
def test_help_has_an_example_that_parses(name, capsys):
    assert run(name, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    example = re.search(r"example: vididi prepare (.*)$", text).group(1)
    assert command_parser("prepare", command).parse_args(example.split()).dataset == name


def test_without_pyav_the_error_says_how_to_get_it(ucf, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert error_of(capsys, *ucf_command(ucf)) == (
        "this needs: pip install 'vididi-transforms[videos]' "
        "(got: import of av halted; None in sys.modules)")
    assert run(*ucf_command(ucf, "--no-check")) == 0


def test_command_in_a_process_of_its_own(ucf):
    """As a user starts it; only modules of the core are imported."""
    code = ("import runpy, sys, vididi_transforms.data.prepare.command\n"
            "print({'av', 'mmengine', 'torchvision'} & set(sys.modules))\n"
            "runpy.run_module('vididi_transforms', run_name='__main__')")
    command = [sys.executable, "-c", code, "prepare", *map(str, ucf_command(ucf, "--workers", 2))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.splitlines()[:2]) == (
        0, ["set()", f"{ucf}/out/ucf101_train_split_2_videos.txt: 3 of 3 videos"]), result.stderr
