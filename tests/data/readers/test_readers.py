"""Readers return the frames that decoding the whole file shows, whatever is asked for; the reference is PyAV."""
import os
import random
from functools import cache

import av
import numpy as np
import pytest
from bad_videos import KINDS
from video_files import FRAMES, number_of

from vididi_transforms.data.readers import Miscounted, Reader, pyav
from vididi_transforms.data.readers.opencv import OpenCVVideo
from vididi_transforms.data.readers.pyav import PyAVVideo
from vididi_transforms.data.readers.reader import READERS
from vididi_transforms.data.video_io import UnreadableError

READABLE = [name for name in KINDS if KINDS[name].readable]
LENIENT = {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "replace"}
KEYS = ("open-gop", "ts-open", "fragments-open", "hevc", "hevc-ts", "flv-h264", "mkv-cut")


@pytest.fixture(scope="module")
def shown(paths):
    """Function of a kind: all its frames, upright."""
    @cache
    def frames(name):
        with av.open(f"file:{paths[name]}", **LENIENT) as container:
            return [np.rot90(frame.to_ndarray(format="bgr24", interpolation="BICUBIC")[..., ::-1], frame.rotation // 90)
                    for frame in container.decode(container.streams.best("video"))]
    return frames


def windows(length):
    """Clips of 8 frames at several intervals, indices in any order and more than once, the ends, and all frames."""
    for seed in range(6):
        rng = random.Random(seed)
        start, step = rng.randrange(length), rng.randint(1, 4)
        yield [min(start + step * number, length - 1) for number in range(8)]
        yield [rng.randrange(length) for _ in range(10)]
    yield from ([0, length - 1], [length - 1, 0], range(length))


def assert_same(frames, indices, expected):
    assert [frame.shape for frame in frames] == [expected[index].shape for index in indices]
    assert [index for frame, index in zip(frames, indices, strict=True) if (frame != expected[index]).any()] == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", READABLE)
def test_windows_are_bit_equal_to_decoding_the_whole_file(paths, shown, name, reader):
    expected, lengths = shown(name), []
    for indices in windows(len(expected)):
        frames = Reader(reader).read(paths[name], lambda video, indices=indices: lengths.append(len(video)) or indices)
        assert_same(frames, indices, expected)
        assert all(frame.flags.c_contiguous and frame.dtype == np.uint8 for frame in frames)
        assert lengths[-1] == len(expected)


@pytest.mark.parametrize("name", READABLE)
def test_each_frame_alone_is_bit_equal(paths, shown, name):
    """As the first frame that is read, so that an earlier one cannot have shown where to look."""
    for index in range(len(shown(name))):
        assert_same(Reader().read(paths[name], lambda video, index=index: [index]), [index], shown(name))


def test_opencv_reads_most_kinds_itself(paths):
    for name in set(READABLE) - GIVES_WAY - {"av1"}:  # OpenCV 5 reads AV1, 4.11 does not
        OpenCVVideo(paths[name])
    assert len(GIVES_WAY) < len(READABLE) / 3


GIVES_WAY = {"edit-list", "edit-list-b", "promise-mp4", "mkv-cut", "mkv-sound", "mkv-subtitles", "mkv-cover",
             "two-videos", "vp8-references", "avi-gap", "avi-cut", "flv-h264", "ts-cut"}


@pytest.mark.parametrize("name", KEYS)
def test_frames_are_decoded_from_the_last_key_frame(paths, monkeypatch, name):
    starts, decode = [], PyAVVideo._decode
    monkeypatch.setattr(PyAVVideo, "_decode", lambda *args: starts.append(args[-1]) or decode(*args))
    numbers = KINDS[name].numbers
    video = PyAVVideo(paths[name])
    first = numbers[0]
    assert [number_of(frame) for frame in video.frames([35 - first, 22 - first, 25 - first])] == [35, 22, 25]
    assert starts == [20 - first, 30 - first]
    assert number_of(video.frames([39 - first])[0]) == 39  # the file is read to its end, and then again
    assert [number_of(frame) for frame in video.frames([21 - first, 21 - first])] == [21, 21]
    video.close()


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="threads are counted on Linux")
@pytest.mark.parametrize("name", ["plain", "gray", "hevc-ten-bit"])
def test_no_thread_is_started(paths, name):
    before = os.listdir("/proc/self/task")
    video = PyAVVideo(paths[name])
    video.frames([0, 20])
    assert os.listdir("/proc/self/task") == before


def test_frames_that_no_other_needs_are_skipped(paths, monkeypatch):
    converted, decoded = [], []
    number = PyAVVideo._number
    monkeypatch.setattr(pyav, "to_rgb", lambda frame, reformatter: converted.append(frame))
    monkeypatch.setattr(PyAVVideo, "_number", lambda video, part: decoded.append(type(part)) or number(video, part))
    PyAVVideo(paths["open-gop"]).frames([9, 19, 29])
    assert len(converted) == 3
    assert decoded.count(av.VideoFrame) < 25


@pytest.mark.parametrize(("name", "length", "times"), [("mkv-cut", 20, 1), ("ts-cut", 20, 1), ("vp8-references", 36, 1),
                                                       ("edit-list-b", 30, 1), ("avi-cut", 20, 2)])
def test_the_length_is_that_of_the_frames_that_are_shown(paths, name, length, times):
    lengths = []
    frames = Reader().read(paths[name], lambda video: lengths.append(len(video)) or [len(video) - 1])
    assert number_of(frames[0]) == FRAMES - 1
    assert lengths[-1] == length
    assert len(lengths) == times


def test_a_wrong_length_is_noticed_wherever_one_reads(paths):
    video = PyAVVideo(paths["avi-cut"])
    assert len(video) > 20
    with pytest.raises(Miscounted, match=r"^\d\d frames are stored: 20 are shown$"):
        video.frames([0])
    assert len(video) == 20
    assert number_of(video.frames([0])[0]) == 20


@pytest.mark.parametrize("name", ["zero-middle", "flipped-bits", "cut-data", "cut-avi", "cut-mkv", "cut-webm"])
def test_no_frame_that_was_decoded_in_part_is_returned(paths, name):
    read = []
    for index in range(len(PyAVVideo(paths[name]))):
        try:
            read.append((index, number_of(PyAVVideo(paths[name]).frames([index])[0])))
        except (UnreadableError, Miscounted):
            continue
    assert 1 <= len(read) < FRAMES
    assert all(index == number for index, number in read)


@pytest.mark.parametrize("name", ["zero-middle", "flipped-bits", "cut-data", "cut-avi"])
def test_opencv_notices_that_frames_are_missing(paths, name):
    with pytest.raises(ValueError, match=r"^the header promises 40 frames: got [123]?\d$"):
        OpenCVVideo(paths[name])


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv420p10le", "gray16le", "bgra"])
@pytest.mark.parametrize("size", [(64, 48), (63, 49), (34, 51)])
def test_pixels_are_those_of_opencv(tmp_path, pix_fmt, size):
    """The picture is noise: each rounding shows."""
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    with av.open(str(tmp_path / "noise.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=1)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=pix_fmt)))
        container.mux(stream.encode())
    found = [READERS[reader](tmp_path / "noise.mkv").frames([0])[0] for reader in READERS]
    assert np.array_equal(*found)


def test_average_rate(paths):
    assert PyAVVideo(paths["plain"]).rate == OpenCVVideo(paths["plain"]).rate == 20
