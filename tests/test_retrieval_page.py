"""Thumbnails against the decoded video, and the page against known answers; test_pages_in_a_browser.py opens it."""
import io
import re

import numpy as np
import pytest
import torch
from commands import usage_error
from feature_files import save
from PIL import Image
from retrieval_runs import CLASSES, write_runs
from test_report import Page

from vididi_transforms.features import read_features, read_runs
from vididi_transforms.motion_videos import encode
from vididi_transforms.neighbours import find_neighbours
from vididi_transforms.prepare.videos import UnreadableError
from vididi_transforms.retrieval_page import write_retrieval_page
from vididi_transforms.retrieval_page.cli import main
from vididi_transforms.retrieval_page.queries import spread
from vididi_transforms.retrieval_page.thumbnails import thumbnail


@pytest.fixture(scope="module")
def work_dirs(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Real H.264 of 40 gray frames; frame n has the level 20 + 5 n."""
    path = tmp_path_factory.mktemp("video") / "levels.mp4"
    encode(((20 + 5 * torch.arange(40)) / 255).view(-1, 1, 1, 1).expand(-1, 3, 48, 64), path)
    return path


def levels(clip):
    """Mean of every frame."""
    strip = np.asarray(Image.open(io.BytesIO(clip.jpeg)))
    assert strip.shape[0] == clip.height
    return strip.reshape(clip.height, -1, clip.width, 3).mean((0, 2, 3))


def test_a_strip_has_every_third_frame(video):
    clip = thumbnail(video, length=12, height=24)
    assert (clip.width, clip.height) == (32, 24)
    assert levels(clip) == pytest.approx(20 + 15 * np.arange(12), abs=2)


def test_a_short_video_ends_with_a_still(video):
    assert levels(thumbnail(video, length=6, interval=13)) == pytest.approx(
        20 + 5 * np.array([0, 13, 26, 39, 39, 39]), abs=2)


@pytest.mark.parametrize(("size", "width"), [((200, 100), 160), ((100, 200), 40), ((2000, 100), 240)])
def test_shapes_stay_up_to_three_heights(tmp_path, size, width):
    Image.new("RGB", size).save(tmp_path / "1.jpg")
    assert thumbnail(tmp_path, height=80).width == width


def test_a_folder_of_frames(tmp_path):
    for number in range(8):
        Image.new("RGB", (32, 32), (30 * number,) * 3).save(tmp_path / f"img_{number:05}.jpg")
    assert levels(thumbnail(tmp_path, length=4, interval=2, height=16)) == pytest.approx([0, 60, 120, 180], abs=2)


def test_what_is_no_video_says_so(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/notes.txt").write_text("text")
    for name, message in (("empty", "no frame"), ("text.mp4", "Invalid data"), ("none.mp4", "No such file"),
                          ("folder", "notes.txt is no picture")):
        with pytest.raises(UnreadableError, match=message):
            thumbnail(tmp_path / name)


def test_queries_are_spread_over_classes():
    labels = np.arange(480) % 8
    assert sorted(labels[spread(labels, 16)].tolist()) == sorted([*range(8)] * 2)
    assert sorted(spread(labels, 1000)) == list(range(480))
    assert len(set(spread(labels, 100))) == 100


@pytest.fixture(scope="module")
def html(work_dirs):
    out = work_dirs[0].parent / "page.html"
    text = write_retrieval_page(read_runs(work_dirs), out, work_dirs[0].parent)
    assert [line.split(", ")[0] for line in text.splitlines()] == ["good: R@1 100.0 %", "bad: R@1 25.0 %"]
    return out.read_text()


def test_answers_are_the_nearest_videos_in_order(html, work_dirs):
    good, bad = (find_neighbours(run) for run in read_runs(work_dirs))
    page = Page(html)
    labels = [tag["aria-label"] for tag in page.of("span")]
    expected = []
    for number in spread(good.query.labels, 100):
        expected.append(f"query {good.query.videos[number]}")
        expected += [f"training video {one.gallery.videos[index]}" for one in (good, bad)
                     for index in one.indices[number, :5]]
    assert labels == expected
    marks = [tag["class"] for tag in page.of("li") if tag["class"] != "query"]
    assert marks == ["right" if hit else "wrong" for number in spread(good.query.labels, 100) for one in (good, bad)
                     for hit in one.hits[number, :5]]
    assert [(tag["data-run0"], tag["data-run1"]) for tag in page.of("li") if tag["class"] == "query"] == [
        ("right", "right" if label == 2 else "wrong") for label in sorted(good.query.labels)]


def test_each_clip_is_in_the_page_once(html):
    used = set(re.findall(r'class="clip (v\d+)"', html))
    defined = re.findall(r"^\.(v\d+) ", html, flags=re.M)
    assert len(defined) == len(set(defined)) == 20
    assert used == set(defined)


def test_page_is_whole_and_safe(html):
    page = Page(html)
    assert page.open == []
    assert page.of("b") == []
    assert "&lt;b&gt;slide&lt;/b&gt; &amp; co" in html
    assert len(page.of("script")) == 1
    assert "http" not in html.replace("http-equiv", "")
    assert [tag for tag, _ in page.tags if tag in ("h1", "h2")] == ["h1", *["h2"] * 4]


def test_tables(html):
    page = Page(html)
    start = page.texts.index("Recall of each class, best retrieved first")
    texts = [text for text in page.texts[start + 1:] if text]
    assert texts[:8] == ["class", "queries", *(f"R@{k}, {name}" for name in ("good", "bad") for k in (1, 5, 10))]
    assert texts[8:16] == ["round", "2", *["100.0 %"] * 6]
    other = texts.index(CLASSES[0])
    assert texts[other:other + 6] == [CLASSES[0], "2", *["100.0 %"] * 3, "0.0 %"]
    cells = re.findall(r'<td( class=own)? style="--share: ([\d.]+)">(\d*)</td>', html)
    counts = [[int(count or 0) for *_, count in cells[start:start + 16]] for start in (0, 16)]
    assert counts[0] == (2 * np.eye(4, dtype=int)).ravel().tolist()
    expected = 2 * np.roll(np.eye(4, dtype=int), 1, axis=0)
    expected[2] = [0, 0, 2, 0]
    assert counts[1] == expected.ravel().tolist()
    assert all(float(share) == (1 if count else 0) for _, share, count in cells)
    assert [place for place, (own, *_) in enumerate(cells) if own] == [0, 5, 10, 15, 16, 21, 26, 31]


def test_a_video_that_is_gone_is_named(work_dirs, tmp_path):
    content = dict(np.load(work_dirs[0] / "features.npz"))
    content["videos"] = np.where(np.arange(20) == 12, "gone.mp4", content["videos"])
    run = read_features(save(tmp_path / "run/features.npz", **content))
    write_retrieval_page([run], tmp_path / "page.html", work_dirs[0].parent)
    page = Page((tmp_path / "page.html").read_text())
    assert "gone.mp4 cannot be shown: No such file or directory" in page.texts
    assert page.texts.count("cannot be read") == 1


def test_command(work_dirs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(work_dirs[0].parent)
    main(["bad", "--out", str(tmp_path / "deep/page.html"), "--queries", "4", "--metric", "euclidean", "--center"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("bad: R@1 25.0 %")
    assert printed[1].startswith(f"Written: {tmp_path}/deep/page.html (0.")
    page = Page((tmp_path / "deep/page.html").read_text())
    assert len([tag for tag in page.of("li") if tag["class"] == "query"]) == 4
    assert ("Nearest by the distance, each split centred, of the videos' features. Clips are shown of 4 of the 8 "
            "queries, evenly spread over the classes; numbers are of all.") in page.texts


def test_bad_input(work_dirs, tmp_path, capsys):
    error = usage_error(main, capsys, work_dirs[0], "--root", tmp_path)
    assert error.startswith("at least one video must be readable; names are relative to the folder in which mim test "
                            f"ran, or to --root: {tmp_path}/videos/")
    assert usage_error(main, capsys, work_dirs[0], "--queries", "0") == "queries must be >= 1: got 0"
    assert "there must be a feature file" in usage_error(main, capsys, tmp_path)
    content = dict(np.load(work_dirs[0] / "features.npz"))
    other = save(tmp_path / "other/features.npz", **content | {"videos": content["videos"][::-1]})
    assert usage_error(main, capsys, work_dirs[0], other).startswith(
        "a page shows runs on the same videos in the same order: good has 20 from videos/")
