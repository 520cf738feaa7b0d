"""A reader that cannot read a file gives way to the other one: once per file, with one line in the log."""
import os

import pytest
from bad_videos import KINDS, kinds
from video_files import FRAMES, number_of

from vididi_transforms.data.readers import Reader, reader
from vididi_transforms.data.readers.opencv import OpenCVVideo
from vididi_transforms.data.readers.pyav import PyAVVideo

READERS = list(reader.READERS)


def everything(video):
    return range(len(video))


@pytest.fixture
def failing(monkeypatch):
    """Function of a reader and a step: that step fails from then on; it is noted."""
    def fail(name, step):
        failures = []

        def failure(*args):
            failures.append(args)
            raise RuntimeError("no such decoder\nsecond line")

        kind = reader.READERS[name]
        monkeypatch.setitem(reader.READERS, name, type("Failing", (kind,), {step: failure}))
        return failures
    return fail


@pytest.mark.parametrize(("name", "step", "other"), [
    ("pyav", "__init__", "opencv"), ("opencv", "__init__", "pyav"), ("opencv", "frames", "pyav")])
def test_once_per_file_with_one_line(paths, failing, name, step, other):
    failures, log = failing(name, step), []
    read = Reader(name, log.append)
    for path in (paths["plain"], paths["mkv"], paths["plain"], paths["plain"]):
        assert [number_of(frame) for frame in read.read(path, everything)] == list(range(FRAMES))
    assert len(failures) == 2
    assert log == [f"{path} is read with {other}, because of RuntimeError: no such decoder"
                   for path in (paths["plain"], paths["mkv"])]


def test_a_frame_that_pyav_cannot_decode_is_an_error(paths, failing):
    failing("pyav", "frames")
    with pytest.raises(RuntimeError, match="no such decoder"):
        Reader("pyav").read(paths["plain"], everything)


def test_where_no_reader_can_the_error_is_that_of_the_chosen_one(paths, failing):
    failing("opencv", "__init__")
    log = []
    with pytest.raises(Exception, match=r"^Invalid data found when processing input$"):
        Reader("pyav", log.append).read(paths["text"], everything)
    assert log == []


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", [kind for kind in kinds() if KINDS[kind].fault in ("missing", "unreadable",
                                                                                   "no video stream")])
def test_what_is_no_video_is_an_error_with_every_reader(paths, kind, name):
    log = []
    with pytest.raises(Exception, match=r"\w") as error:
        Reader(name, log.append).read(paths[kind], everything)
    assert isinstance(error.value, OSError) == (
        kind in ("missing", "dangling-link", "link-to-itself", "directory", "forbidden"))
    assert log == []


@pytest.mark.parametrize("name", READERS)
def test_a_named_pipe_is_an_error_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(OSError, match=f"^a video must be a regular file: got {tmp_path}/pipe.mp4$"):
        Reader(name).read(tmp_path / "pipe.mp4", everything)


def test_a_link_to_a_video_is_read(paths, tmp_path):
    (tmp_path / "link.mp4").symlink_to(paths["plain"])
    assert len(Reader().read(tmp_path / "link.mp4", everything)) == FRAMES


def test_errors_of_the_sampling_are_not_those_of_the_reader(paths):
    log = []
    with pytest.raises(KeyError, match="total"):
        Reader("opencv", log.append).read(paths["plain"], lambda video: {}["total"])
    assert log == []


def test_several_sizes_are_an_error(paths):
    with pytest.raises(ValueError, match=r"^the frames of a video must have one size: got 64 x 64, 96 x 80$"):
        Reader().read(paths["two-sizes"], everything)


def test_names_and_packages(monkeypatch):
    assert {"pyav": PyAVVideo, "opencv": OpenCVVideo} == reader.READERS
    with pytest.raises(ValueError, match=r"^reader must be one of pyav, opencv: got 'decord'$"):
        Reader("decord")
    monkeypatch.setattr(reader, "find_spec", lambda package: None if package == "cv2" else package)
    assert Reader("pyav").names == ["pyav"]
    with pytest.raises(ModuleNotFoundError, match=r"^the reader 'opencv' needs the package 'cv2'$"):
        Reader("opencv")
    monkeypatch.setattr(reader, "find_spec", lambda package: None if package == "av" else package)
    for name in READERS:  # PyAV tells OpenCV's reader which stream is to be shown
        with pytest.raises(ModuleNotFoundError, match=f"^the reader '{name}' needs the package 'av'$"):
            Reader(name)
