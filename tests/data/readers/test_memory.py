"""Decoded videos that are kept in memory."""
import numpy as np
import pytest
from video_files import FRAMES, SIZE, number_of, record

from vididi_transforms.data.readers import Reader

BYTES = FRAMES * SIZE * SIZE * 3


@pytest.fixture
def videos(tmp_path):
    paths = [tmp_path / f"{name}.mp4" for name in "abc"]
    for path in paths:
        record(path)
    return paths


def every_third(video):
    return range(0, len(video), 3)


def read(reader, path):
    return [number_of(image) for image in reader.read(path, every_third)]


def test_frames_are_those_of_the_file(videos):
    kept, plain = Reader(memory=1, log=lambda line: None), Reader()
    for _ in range(2):
        for a, b in zip(kept.read(videos[0], every_third), plain.read(videos[0], every_third), strict=True):
            assert (a == b).all()


def test_a_kept_video_is_not_decoded_again(videos):
    reader = Reader(memory=1, log=lambda line: None)
    before = read(reader, videos[0])
    videos[0].write_bytes(videos[0].read_bytes()[:100])
    assert read(reader, videos[0]) == before


def test_no_more_is_kept_than_there_is_room_for(videos):
    lines = []
    reader = Reader(memory=2.5 * BYTES / 1e9, log=lines.append)
    numbers = [read(reader, path) for path in videos]
    record(videos[2], numbers=range(20, 40))
    assert numbers == [list(range(0, FRAMES, 3))] * 3
    assert read(reader, videos[2]) == list(range(20, 40, 3))
    assert [line.split(":")[0].split(",")[0] for line in lines] == [
        "decoded videos are kept in memory", "memory is full"]
    assert "2 videos are kept" in lines[1]


def test_what_a_transform_does_to_a_frame_is_not_kept(videos):
    reader = Reader(memory=1, log=lambda line: None)
    for _ in range(2):
        image, = reader.read(videos[0], lambda video: [7])
        assert number_of(image) == 7
        image[:] = 0


def test_a_video_that_is_damaged_at_its_end_is_read_from_its_file(videos, tmp_path):
    record(tmp_path / "d.mp4", muxing={"movflags": "faststart"})
    (tmp_path / "d.mp4").write_bytes((tmp_path / "d.mp4").read_bytes()[:-300])
    images = Reader(memory=1).read(tmp_path / "d.mp4", lambda video: [0, 1])
    assert np.array_equal([number_of(image) for image in images], [0, 1])


def test_negative_memory():
    with pytest.raises(ValueError, match="memory must be >= 0 gigabytes: got -1"):
        Reader(memory=-1)
