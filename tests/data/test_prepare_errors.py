"""Every error of ``vididi prepare`` and ``vididi verify`` with its message.

A new ``raise`` needs a row.
"""
import os
import wave
from pathlib import Path

import av
import pytest
from raises import PACKAGE, error_of, not_raised
from video_files import record

from vididi_transforms import cli
from vididi_transforms.data import faults, files, worker_processes
from vididi_transforms.data import video_io as videos
from vididi_transforms.data.prepare import ava_frames, lists, splits, video_folder
from vididi_transforms.data.video_lists import grammar, video_list

UCF = "ucf101 --annotations ann --videos videos --out out --split 2 --no-check"
HMDB = "hmdb51 --annotations ann --videos videos --out out --no-check"
KINETICS = "kinetics400 --train-csv train.csv --train-videos videos --out out --no-check"
VAL = f"{KINETICS} --val-csv val.csv --val-videos videos --delimiter tab"
K200 = "k200-40k --train-csv train.csv --train-videos videos --out out --class-count 2 --videos-per-class 1 --no-check"
AVA = "ava --version 2.2 --annotations ann --frames frames --out out --start 1 --end 2 --fps 5"
VERIFY = "verify_videos list.txt --out out.json"
CSV = "label,youtube_id,time_start,time_end"
OUTSIDE = "names in lists must be relative, without '..' and control characters: got "
WAVE, LIPSTICK, TRAIN = "ann/wave_test_split1.txt", "ApplyLipstick/v_ApplyLipstick_g08_c01.avi", "ann/trainlist02.txt"
GIVEN = {
    "ann/classInd.txt": "1 ApplyEyeMakeup\n2 ApplyLipstick\n",
    TRAIN: f"{LIPSTICK} 2\n",
    "ann/testlist02.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\n",
    "ann/ava_val_v2.2.csv": "1j20qq1JyX4,0902,0.077,0.151,0.283,0.811,80,1\n",
    WAVE: "w_1.avi 2\nw_2.avi 1\n",
    "list.txt": "a.mp4 0\n",
    "train.csv": f"{CSV}\ntai chi,one,4,14\nplaying cello,three,123,133\n",
    **{f"videos/{name}": "no video" for name in (
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", LIPSTICK, "wave/w_1.avi", "wave/w_2.avi", "wave/two words.avi",
        "two_000123_000133.mp4")},
}
AFTER = "may follow a video's ending, unless the path is in double quotes: got line 1 of list.txt, "
LISTS = [  # a list, and its error
    (b"a.mp4 0\n\xe9.mp4 1\n",
     "text must be UTF-8, or UTF-16 with a byte-order mark: got byte 0xe9 at position 8 of list.txt"),
    ("a".encode("utf-16-le"),
     "text must be UTF-8, or UTF-16 with a byte-order mark: got byte 0x00 at position 1 of list.txt"),
    ("\n,3\n", "a line must begin with a path: got line 2 of list.txt, ',3'"),
    *((f"{line}\n", f"only labels, integers separated by tab, comma, semicolon or space, {AFTER}{line!r}")
      for line in ("a.mp4 cat", "a.mp4,1.5", "a.mp4 1, 2", "a.mp4;")),
    ("a.mp4 -2\n", "labels must be integers >= 0, or one -1 for no label: got line 1 of list.txt, 'a.mp4 -2'"),
    ("label,path\n3,a.mp4\n", "the columns must be the path, then the labels: got line 1 of list.txt, 'label,path'"),
    ("a.mp4 0\n\nb.mp4\n", "every line needs a label if one line has a label: got line 3 of list.txt, 'b.mp4'"),
    ("a.mp4 0\n./a.mp4 1\n", "a video must have the same label in all lines, and line 1 has 0: got line 2 of "
     "list.txt, './a.mp4 1'"),
]
COMMANDS = [  # arguments, files that differ from GIVEN, message
    (UCF, {"ann/classInd.txt": "ApplyEyeMakeup\n"},
     "classInd.txt needs lines like '1 ApplyEyeMakeup': got 'ApplyEyeMakeup'"),
    (UCF, {"ann/classInd.txt": "0 ApplyEyeMakeup\n"},
     "classInd.txt needs lines like '1 ApplyEyeMakeup': got '0 ApplyEyeMakeup'"),
    (UCF, {TRAIN: "Juggling/v_Juggling_g08_c01.avi 5\n"}, "trainlist02.txt needs lines that begin with a class of "
     "classInd.txt and '/': got 'Juggling/v_Juggling_g08_c01.avi 5'"),
    (UCF, {TRAIN: f"{LIPSTICK} 1\n"},
     f"trainlist02.txt and classInd.txt must agree on labels: got '{LIPSTICK} 1' and 2"),
    (UCF, {TRAIN: "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 1\n"},
     "train and val must share no video: got 'ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi' in both"),
    (UCF, {TRAIN: "ApplyEyeMakeup/../../secret.avi 1\n"}, f"{OUTSIDE}'ApplyEyeMakeup/../../secret.avi'"),
    (UCF, {TRAIN: "ApplyEyeMakeup/v_x.avi 1\n"},
     "videos must hold the videos of the official lists, such as 'ApplyEyeMakeup/v_x.avi', in the same folders, deeper "
     "ones or none: got folders ApplyEyeMakeup, ApplyLipstick, wave, and files two_000123_000133.mp4"),
    (UCF.replace("--no-check", ""), {}, "ucf101_train_split_2_videos.txt needs at least one video: none of 1 is in the "
     "folder and readable"),
    (UCF, {TRAIN: b"ApplyEyeMakeup/\xff.avi 1\n"},
     "text must be UTF-8, or UTF-16 with a byte-order mark: got byte 0xff at position 15 of ann/trainlist02.txt"),
    (UCF, {TRAIN: None}, "an official file is missing: no file ann/trainlist02.txt"),
    (f"{UCF} --videos no", {}, "the folder of the videos must be a directory: got no"),
    (f"{UCF} --reencode small", {"small/reencode.json": '{"short_side": 16, "gop": 12}'},
     "small must be used with the settings it was made with: {'short_side': 16, 'gop': 12}, "
     "got {'short_side': 150, 'gop': 12}; remove it or choose another folder"),
    *((f"{UCF} {numbers}", {}, f"numbers must be >= 1 and the short side even (H.264): got {got}") for numbers, got in (
        ("--gop 0", "short_side=150, gop=0, workers=1"), ("--short-side 15", "short_side=15, gop=12, workers=1"),
        ("--workers 0", "short_side=150, gop=12, workers=0"))),
    *((HMDB, {WAVE: f"{line}\n"},
       f"wave_test_split1.txt needs lines like 'name.avi 1', with 0, 1 or 2: got {line!r}")
      for line in ("w_1.avi 3", "w_1.avi")),
    (HMDB, {WAVE: "w_1.avi 1\nw_1.avi 2\n"}, "train and val must share no video: got 'wave/w_1.avi' in both"),
    (f"{HMDB} --delimiter space", {WAVE: "two words.avi 1\n"}, "the delimiter of a list must not be in its paths, and "
     "paths must not begin with a blank: got ' ' for 'wave/two words.avi'; use --reencode, which writes underscores, "
     "or another --delimiter"),
    (HMDB, {WAVE: None}, "HMDB51 needs files <class>_test_split1.txt: got none in ann"),
    (f"{KINETICS} --val-csv val.csv", {}, "--val-csv and --val-videos must come together: got one of them"),
    *((VAL, {"val.csv": text}, message) for text, message in (
        ("youtube_id,time_start,time_end,split\na,1,2,val\n",
         "val.csv needs columns label, youtube_id, time_start, time_end: label is missing"),
        (f"{CSV},split\ntai chi,a,1,2,train\n", "val.csv must have videos of split 'val': got none"),
        (f"{CSV}\ntai chi,a\n", "val.csv needs rows of 4 columns or more: got 'tai chi,a'"),
        (f"{CSV}\nyoga,a,1,2\n", "classes of val must be classes of train: got 'yoga'"),
        (f"{CSV}\ntai chi,a,1,\n", "times must be numbers of seconds: got time_end '' for 'a'"),
        (f"{CSV}\ntai chi,../../a,1,2\n", f"{OUTSIDE}'tai_chi/../../a_000001_000002'"),
        (f"{CSV}\ntai chi,two,123,133\nplaying cello,two,123,133\n",
         "a video must have one label: got 1 and 0 for 'two_000123_000133.mp4'"))),
    (f"{K200} --class-count 7", {}, "a choice of 7 classes needs as many: got 2"),
    (f"{K200} --classes classes.txt", {"classes.txt": "tai chi\nyoga\n"},
     "classes.txt needs classes of Kinetics-400, one per line: got yoga"),
    (f"{K200} --classes classes.txt", {"classes.txt": "\n"},
     "classes.txt needs classes of Kinetics-400, one per line: got none"),
    (f"{K200} --videos-per-class 0", {}, "numbers must be >= 1: got class_count=2, videos_per_class=0"),
    (AVA, {"ann/ava_val_v2.2.csv": "a,0902,0.1\n"}, "ava_val_v2.2.csv needs lines "
     "'video_id,timestamp,x1,y1,x2,y2,action_id,person_id': got 'a,0902,0.1'"),
    (AVA, {"ann/ava_val_v2.2.csv": "../a,0902,0.077,0.151,0.283,0.811,80,1\n"}, f"{OUTSIDE}'../a'"),
    (AVA, {"ann/ava_val_v2.2.csv": "a" * 200_000}, "ava_val_v2.2.csv must be a csv file: field larger than field limit "
     "(131072)"),
    (f"{AVA} --end 1", {}, "a window needs 0 <= start < end and fps >= 1: got start=1, end=1, fps=5"),
    (f"{AVA} --workers 0", {}, "numbers must be >= 1: got short_side=256, workers=0"),
    ("verify_videos", {}, "a list of videos is needed: give LIST or --config"),
    (VERIFY, {"list.txt": "\n"}, "a list needs at least one video: list.txt is empty"),
    *((VERIFY, {"list.txt": text}, message) for text, message in LISTS),
    (f"{VERIFY} --out /proc/out.json", {}, "--out must be a file in a folder where files can be written: got "
     "/proc/out.json (No such file or directory)"),
    (f"{VERIFY} --jobs 0", {}, "numbers must be > 0: got --jobs 0, --timeout 60"),
    (f"{VERIFY} --jobs 1 --timeout -1", {}, "numbers must be > 0: got --jobs 1, --timeout -1"),
    (f"{VERIFY} --write-good list.txt", {},
     "the list and the files to write must differ: got list.txt, out.json, out.jsonl, list.txt"),
    (f"{VERIFY} --write-good good.txt", {}, "good.txt needs at least one video: none is good"),
    (VERIFY, {"out.jsonl": "no json\n"},
     "out.jsonl must hold results: got 'no json'; remove the file to start from scratch"),
]


def link_out():
    Path("videos/out.avi").symlink_to(Path("train.csv").resolve())
    video_folder.VideoFolder(Path("videos")).find(("out.avi",))


def sound_only():
    with wave.open("sound.wav", "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0" * 800)
    next(videos.frames(Path("sound.wav")))


def no_frame(read):
    Path("empty.y4m").write_text("YUV4MPEG2 W16 H16 F10:1\n")
    read(Path("empty.y4m"))


def picture():
    Path("a.mp4").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU")
    next(videos.frames(Path("a.mp4")))


def broken_inside():
    record(Path("a.mp4"), numbers=range(2))
    with videos.opened(Path("a.mp4")):
        raise av.error.InvalidDataError(0, "broken")


def one_name_for_two():
    found = {name: splits.Clip((name,), 0) for name in ("A/a b.avi", "A/a_b.avi")}
    lists.readable(found, video_folder.VideoFolder(Path("videos")), lists.Settings(Path("small")), lists.Report())


CALLS = [  # errors that no command line reaches
    *((lambda entry=entry: video_folder.safe_parts(entry), ValueError, f"{OUTSIDE}{entry!r}")
      for entry in ("", "/etc/passwd", "../a.avi", "a/../b.avi", "a/\nb.avi", "a\0.avi")),
    (lambda: video_folder.safe_parts("a\\b.avi"), ValueError,
     "names in lists must separate folders by '/', without backslashes: got 'a\\\\b.avi'"),
    (link_out, ValueError, "files must be inside of videos: 'out.avi' leads to {folder}/train.csv"),
    (lambda: files.write_text(Path("videos"), ""), IsADirectoryError, "[Errno 21] Is a directory: 'videos'"),
    (lambda: lists.Settings(delimiter=", "), ValueError, "delimiter must be one character: got ', '"),
    *((lambda words=words: grammar.parse_line(*words), ValueError, message) for words, message in (
        ((",3",), "a line must begin with a path"),
        (("a.mp4 cat", "|"), "only labels, integers separated by '|', may follow a video's ending, unless the path is "
         "in double quotes"),
        (("a.mp4 0 -1",), "labels must be integers >= 0, or one -1 for no label"))),
    (lambda: grammar.is_header("label,path"), ValueError, "the columns must be the path, then the labels"),
    (lambda: video_list.parse_video_list(b"b.mp4 0\nclip 2 3\n", "list.txt", multi_label=False), ValueError,
     "a video has one label, unless the dataset has multi_class=True; a name that ends with a number needs double "
     "quotes: got line 2 of list.txt, 'clip 2 3'"),
    (one_name_for_two, ValueError,
     "re-encoded videos need different names: got 'A/a_b.mp4' for 'A/a b.avi' and 'A/a_b.avi'"),
    (lambda: [splits.add({"a.avi": splits.Clip(("a.avi",), 0)}, splits.Clip(("a.avi",), 1))], ValueError,
     "a video must have one label: got 0 and 1 for 'a.avi'"),
    (sound_only, videos.NoVideoError, "no video stream"),
    (broken_inside, videos.UnreadableError, "broken"),
    (picture, videos.NoVideoError, "a picture (png_pipe)"),
    *((lambda read=read: no_frame(read), videos.UnreadableError, "no frame")
      for read in (lambda path: next(videos._smaller(path, 16)), lambda path: faults._whole(path, "pyav"),
                   faults._ends)),
    (lambda: no_frame(lambda path: ava_frames._write_frames(path, Path("out"), ava_frames.Window(), 16)),
     videos.UnreadableError, "ends before second 900"),
    *((lambda read=read: read(Path("train.csv")), videos.UnreadableError, "Invalid data found when processing input")
      for read in (lambda path: next(videos.frames(path)), videos._rate)),
    (lambda: worker_processes.in_parallel(os._exit, [3, 3], 2, "test"), RuntimeError,
     "a process died while reading videos: run again with --workers 1 to see at which one; finished files are kept"),
]


def run(arguments):
    program, *rest = arguments.split()
    cli.main(["verify", *rest] if program == "verify_videos" else ["prepare", program, *rest])


def prepare(changes):
    for name, content in {**GIVEN, **changes}.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("arguments", "changes", "message"), COMMANDS, ids=[message for *_, message in COMMANDS])
def test_message_of_a_command(folder, capsys, arguments, changes, message):
    prepare(changes)
    with pytest.raises(SystemExit) as end:
        run(arguments)
    assert (end.value.code, capsys.readouterr().err.split("error: ")[1].strip()) == (2, message)
    assert not Path("out").exists()


@pytest.mark.parametrize(("call", "kind", "message"), CALLS, ids=[repr(message) for *_, message in CALLS])
def test_message(folder, call, kind, message):
    prepare({})
    error = error_of(call)
    assert (type(error), str(error)) == (kind, message.replace("{folder}", str(folder)))


def test_every_raise_has_a_row(folder, monkeypatch):
    rows = [*((lambda arguments=arguments: run(arguments), changes) for arguments, changes, _ in COMMANDS),
            *((call, {}) for call, *_ in CALLS)]
    errors = []
    for number, (call, changes) in enumerate(rows):
        (folder / str(number)).mkdir()
        monkeypatch.chdir(folder / str(number))
        prepare(changes)
        errors.append(error_of(call))
    others = {"motions", "motion_videos", "worker_processes", "readers"}
    checked = [path for path in PACKAGE.glob("data/**/*.py") if not others & {path.stem, path.parent.name}]
    assert not_raised(checked, errors) == []
