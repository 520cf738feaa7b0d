"""The bad and odd files are of their kinds, by PyAV.

``check`` accepts those whose first frame can be decoded.
"""
import os

import av
import numpy as np
import pytest
from bad_videos import KINDS, kinds, main, write_kinds
from video_files import FRAMES, number_of

from vididi_transforms.data.video_io import UnreadableError, check, frames

READABLE = [name for name in KINDS if KINDS[name].readable]
NO_VIDEO_FILE = {
    "missing": FileNotFoundError, "dangling-link": FileNotFoundError, "link-to-itself": OSError,
    "directory": IsADirectoryError, "forbidden": PermissionError, **dict.fromkeys(
        ("empty", "text", "html", "random-bytes", "cut-header", "cut-index"), av.error.InvalidDataError)}
CUT = ("cut-data", "cut-avi", "cut-mjpeg", "cut-mkv", "cut-mkv-sound", "cut-webm")
DAMAGED = ("zero-middle", "flipped-bits")
NEW = int(av.__version__.split(".")[0]) >= 19  # PyAV accepts titles that are not UTF-8
TITLE, NOT_UTF8 = ("caf\udce9!", UnicodeEncodeError) if NEW else ("caf\ufffd!", UnicodeDecodeError)


def opened(path):
    return av.open(f"file:{path}", **({} if NEW else {"metadata_errors": "replace"}))


def pictures(path):
    """The numbers that the frames show, up to the first error, and the frames."""
    shown = []
    with opened(path) as container:
        try:
            for frame in container.decode(container.streams.best("video")):
                shown.append(frame)
        except av.error.InvalidDataError:
            pass
    return [number_of(upright(frame)) for frame in shown], shown


def upright(frame):
    return np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)


def test_there_are_many_kinds():
    assert len(KINDS) - len(READABLE) >= 25
    assert len(READABLE) >= 60


def test_the_same_bytes_every_time(paths, tmp_path):
    for name, path in write_kinds(tmp_path, kinds()).items():
        if path.is_file():
            assert path.read_bytes() == paths[name].read_bytes(), name
            assert path.stat().st_size < 30_000


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_video_shows_its_numbers(paths, name):
    numbers, shown = pictures(paths[name])
    assert numbers == list(KINDS[name].numbers)
    assert {upright(frame).shape[1::-1] for frame in shown} == {KINDS[name].size}
    assert not any(frame.is_corrupt for frame in shown)


@pytest.mark.parametrize("name", [name for name in kinds() if name in NO_VIDEO_FILE])
def test_no_video_file(paths, name):
    with pytest.raises(NO_VIDEO_FILE[name]):
        opened(paths[name])


@pytest.mark.parametrize("name", CUT)
def test_a_cut_video_has_its_beginning(paths, name):
    numbers, _ = pictures(paths[name])
    assert 10 < len(numbers) < FRAMES
    assert numbers[:10] == list(range(10))


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_video_has_all_its_packets(paths, name):
    with opened(paths[name]) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) == FRAMES
    numbers, shown = pictures(paths[name])
    assert numbers != list(range(FRAMES))
    assert len(shown) < FRAMES


def promised(container):
    return container.streams.video[0].frames


def times(container):
    return [frame.pts for frame in container.decode(video=0)]


def packet_times(container):
    return [packet.pts for packet in container.demux(video=0) if packet.size]


def goes_back(container):
    found = times(container)
    return found != sorted(found)


def is_open(container):
    """Whether frames that are shown before a key frame come after it in the file."""
    packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    return len(keys) == 4 and all(packets[key + 1].pts < packets[key].pts for key in keys[1:])


ODD = {
    "jpeg": lambda c: c.format.name == "jpeg_pipe",
    "sound-only": lambda c: len(c.streams.audio) == 1 and not c.streams.video,
    "no-frames": lambda c: not c.streams.video,
    "no-frames-avi": lambda c: c.streams.video and not times(c),
    "cut-data": lambda c: promised(c) == 40,
    "promise-avi": lambda c: (promised(c), len(times(c))) == (80, 40),
    "promise-mp4": lambda c: (promised(c), len(times(c))) == (80, 40),
    "two-sizes": lambda c: [frame.width for frame in c.decode(video=0)] == [64] * 20 + [96] * 20,
    "variable-rate": lambda c: times(c)[:4] == [pts * times_unit(c) for pts in (0, 270, 1080, 2430)],
    "fast": lambda c: c.streams.video[0].average_rate > 999 and c.streams.video[0].time_base.denominator == 90000,
    "late": lambda c: times(c)[-1] > 2**31,
    "gray": lambda c: next(c.decode(video=0)).format.name == "gray",
    "ten-bit": lambda c: next(c.decode(video=0)).format.name == "yuv420p10le",
    "full-chroma": lambda c: next(c.decode(video=0)).format.name == "yuv444p",
    "interlaced": lambda c: next(c.decode(video=0)).interlaced_frame,
    "b-frames": lambda c: min(packet.dts for packet in c.demux(video=0) if packet.dts is not None) < 0,
    "sound-first": lambda c: [stream.type for stream in c.streams] == ["audio", "video"],
    "latin-title": lambda c: c.metadata["title"] == TITLE,
    "edit-list": lambda c: promised(c) == 40,
    "avi-gap": lambda c: promised(c) == 50,
    "fragments": lambda c: promised(c) == 0,
    "mkv-sound": lambda c: c.duration > 9e6,
    "mkv-subtitles": lambda c: c.duration > 10e6,
    "mkv-cover": lambda c: [s.codec_context.name for s in c.streams] == ["mjpeg", "h264"],
    "cover": lambda c: c.streams.video[1].disposition == av.stream.Disposition.attached_pic,
    "two-videos": lambda c: [s.width for s in c.streams.video] == [32, 64],
    "empty-sound": lambda c: not sum(packet.size for packet in c.demux(audio=0)),
    "webm-live": lambda c: c.duration is None,
    "open-gop": is_open,
    "hevc": is_open,
    "refresh": lambda c: [int(frame.pict_type) for frame in c.decode(video=0)].count(1) == 1,
    "vp8-references": lambda c: packet_times(c)[6:9] == [300, 400, 400],
    "avi-h264": goes_back,
    "ts-cut": lambda c: not next(c.demux(video=0)).is_keyframe,
    "mkv-cut": lambda c: not next(c.demux(video=0)).is_keyframe,
    "ps-twice": lambda c: len(set(times(c))) == 40,
    "ts-wrap": lambda c: packet_times(c)[0] < 0,  # FFmpeg continues what starts again
    "mkv": lambda c: promised(c) == 0,
    "webm-vp9": lambda c: c.streams.video[0].codec_context.name.endswith("vp9"),
    "webm-vp8": lambda c: c.streams.video[0].codec_context.name.endswith("vp8"),
    "transport-stream": lambda c: c.format.name == "mpegts",
    "program-stream": lambda c: c.format.name == "mpeg",
    "annex-b": lambda c: c.format.name == "h264",
}


def times_unit(container):
    return 1 / (90000 * container.streams.video[0].time_base)


@pytest.mark.parametrize("name", ODD)
def test_each_odd_file_is_odd(paths, name):
    with opened(paths[name]) as container:
        assert ODD[name](container)


def test_a_title_that_is_not_utf8_fails_where_it_is_read_as_utf8(paths):
    with pytest.raises(NOT_UTF8), av.open(str(paths["latin-title"])) as container:
        container.metadata["title"].encode()


def test_long_name(paths):
    assert 200 < len(os.fsencode(paths["name"].name)) <= 255


@pytest.mark.parametrize("name", kinds())
def test_check_accepts_what_begins_with_a_frame(paths, name):
    begins = KINDS[name].readable or name in (*CUT, *DAMAGED, "promise-avi", "two-sizes")
    assert (check(paths[name]) == "") is begins


def test_pictures_are_not_videos(paths):
    with pytest.raises(UnreadableError, match=r"^a picture \(jpeg_pipe\)$"):
        next(frames(paths["jpeg"]))


def test_command_writes_all_kinds(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bad_videos.py", str(tmp_path / "new")])
    main()
    assert len(list((tmp_path / "new").iterdir())) == len(KINDS) - 1  # one kind is a missing file
