"""Thumbnails compared with the decoded video; the page with known answers.

test_pages_in_a_browser.py opens it.
"""
import io
import re
import shutil
import sys
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from commands import command, usage_error
from feature_files import save
from PIL import Image
from retrieval_runs import CLASSES, write_runs
from work_dirs import Page

from vididi_transforms.analysis.retrieval_page import write_retrieval_page
from vididi_transforms.analysis.retrieval_page.queries import spread
from vididi_transforms.analysis.retrieval_page.thumbnails import thumbnail
from vididi_transforms.data.motion_videos import encode
from vididi_transforms.data.video_io import UnreadableError
from vididi_transforms.evaluation.features import read_features, read_runs
from vididi_transforms.evaluation.neighbours import find_neighbours
from vididi_transforms.evaluation.retrieval import METRICS

main, failed = command("retrieval-page"), partial(usage_error, "retrieval-page")


@pytest.fixture(scope="module")
def work_dirs(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """An H.264 video of 40 gray frames; frame n has the gray level 20 + 5 n."""
    path = tmp_path_factory.mktemp("video") / "levels.mp4"
    encode(((20 + 5 * torch.arange(40)) / 255).view(-1, 1, 1, 1).expand(-1, 3, 48, 64), path)
    return path


def levels(clip):
    """Mean gray level of every frame."""
    strip = np.asarray(Image.open(io.BytesIO(clip.webp)))
    assert strip.shape[0] == clip.height
    return strip.reshape(clip.height, -1, clip.width, 3).mean((0, 2, 3))


def test_a_strip_has_every_third_frame(video):
    clip = thumbnail(video, length=12, height=24)
    assert (clip.width, clip.height) == (32, 24)
    assert levels(clip) == pytest.approx(20 + 15 * np.arange(12), abs=2)


def test_the_last_frame_of_a_short_video_is_repeated(video):
    assert levels(thumbnail(video, length=6, interval=13)) == pytest.approx(
        20 + 5 * np.array([0, 13, 26, 39, 39, 39]), abs=2)


@pytest.mark.parametrize(("size", "width"), [((200, 100), 160), ((100, 200), 40), ((2000, 100), 240)])
def test_the_ratio_is_kept_up_to_three_heights(tmp_path, size, width):
    Image.new("RGB", size).save(tmp_path / "1.jpg")
    assert thumbnail(tmp_path, 2, height=80).width == width


@pytest.mark.parametrize("name", ["img_{:05}.jpg", "{}.PNG"])
def test_a_folder_of_frames(tmp_path, name):
    """Frame 10 comes after frame 9.

    Optical flow and a file of a file manager are in the same folder.
    """
    for number in range(12):
        Image.new("RGB", (32, 32), (20 * number,) * 3).save(tmp_path / name.format(number))
        if name.startswith("img"):
            Image.new("L", (32, 32), 99).save(tmp_path / f"flow_x_{number:05}.jpg")
    (tmp_path / ".DS_Store").write_text("text")
    assert levels(thumbnail(tmp_path, length=6, interval=2, height=16)) == pytest.approx(range(0, 240, 40), abs=2)


def test_unreadable_videos(tmp_path):
    for name in ("empty", "cut"):
        (tmp_path / name).mkdir()
    (tmp_path / "text.mp4").write_text("text")
    Image.effect_noise((64, 64), 50).save(tmp_path / "cut/1.jpg")
    (tmp_path / "cut/1.jpg").write_bytes((tmp_path / "cut/1.jpg").read_bytes()[:900])
    for name, message in (("empty", "no frame"), ("text.mp4", "Invalid data"), ("none.mp4", "No such file"),
                          ("cut", "1.jpg cannot be read: image file is truncated")):
        with pytest.raises(UnreadableError, match=message):
            thumbnail(tmp_path / name, 12)


@pytest.mark.parametrize(("counts", "number", "shown"), [
    ((60,) * 8, 16, (2,) * 8),
    ((1000, 5, 1), 10, (5, 4, 1)),
    ((3, 1), 100, (3, 1)),
    ((5,) * 101, 101, (1,) * 101),
])
def test_queries_are_spread_over_classes(counts, number, shown):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    chosen = spread(labels, number)
    assert len(set(chosen)) == len(chosen)
    assert labels[chosen].tolist() == np.repeat(np.arange(len(counts)), shown).tolist()


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


def test_page_is_well_formed_and_safe(html):
    page = Page(html)
    assert page.open == []
    assert page.of("b") == []
    assert "&lt;b&gt;slide&lt;/b&gt; &amp; co" in html
    assert len(page.of("script")) == 1
    assert "://" not in html
    assert [tag for tag, _ in page.tags if tag in ("h1", "h2")] == ["h1", *["h2"] * 4]


def test_tables(html):
    page = Page(html)
    start = page.texts.index("training videos")
    chance, good, bad = np.array([text for text in page.texts[start:] if text][1:19]).reshape(3, 6).tolist()
    assert chance == ["(chance)", "25.0 %", "84.1 %", "100.0 %", "8", "12"]  # 3 of 12; 1 - 126 / 792
    assert good == ["good", *["100.0 %"] * 3, "8", "12"]
    assert (bad[:2], bad[4:]) == (["bad", "25.0 %"], ["8", "12"])
    start = page.texts.index("Recall of each class, best retrieved by all runs first")
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


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("centre", [False, True])
def test_metric_and_centring_are_options(work_dirs, tmp_path, metric, centre):
    features = np.random.default_rng(3).normal(2, 1, size=(20, 3)).astype(np.float32)
    run = replace(read_runs(work_dirs)[0], features=features)
    line = write_retrieval_page([run], tmp_path / "page.html", work_dirs[0].parent, 1, metric, centre)
    recalls = {options: find_neighbours(run, *options).recalls() for options in product(METRICS, (False, True))}
    assert len(set(recalls.values())) == 4
    assert line == "good: " + ", ".join(
        f"R@{k} {100 * recall:.1f} %" for k, recall in zip((1, 5, 10), recalls[metric, centre], strict=True))


def test_classes_without_queries_and_labels_with_gaps(work_dirs, tmp_path):
    """Class 2 becomes label 7 without queries; only one query is shown."""
    run = read_runs(work_dirs)[0]
    kept = (run.labels != 2) | (run.splits == "gallery")
    labels = np.where(run.labels == 2, 7, run.labels)[kept]
    run = replace(run, features=run.features[kept], labels=labels, splits=run.splits[kept], videos=run.videos[kept],
                  classes={0: "a", 1: "b", 3: "d", 7: "c"})
    write_retrieval_page([run], tmp_path / "page.html", work_dirs[0].parent, 1)
    html = (tmp_path / "page.html").read_text()
    assert re.findall(r'<th scope="row">(\w)</th><td (?:class=own )?style', html) == ["a", "b", "d"]
    assert re.findall(r"<option [^>]*>([abcd])</option>", html) == ["a"]
    cells = [int(count or 0) for count in re.findall(r'style="--share: [\d.]+">(\d*)</td>', html)]
    assert cells == (2 * np.eye(4, dtype=int))[:3].ravel().tolist()


def test_names_are_escaped(work_dirs, tmp_path):
    run = read_runs(work_dirs)[0]
    name = 'videos/"><i>.mp4'
    shutil.copy(work_dirs[0].parent / run.videos[-1], work_dirs[0].parent / name)
    evil = replace(run, name="<i>run</i>", videos=np.where(run.videos == run.videos[-1], name, run.videos))
    write_retrieval_page([evil], tmp_path / "page.html", work_dirs[0].parent)
    page = Page((tmp_path / "page.html").read_text())
    assert page.open == page.of("i") == []
    assert f"query {name}" in [tag.get("aria-label") for tag in page.of("span")]


def test_a_missing_video_is_named(work_dirs, tmp_path):
    content = dict(np.load(work_dirs[0] / "features.npz"))
    content["videos"] = np.array([{12: "gone.mp4", 13: f"{'long' * 99}.mp4"}.get(number, video)
                                  for number, video in enumerate(content["videos"])])
    run = read_features(save(tmp_path / "run/features.npz", **content))
    write_retrieval_page([run], tmp_path / "page.html", work_dirs[0].parent)
    page = Page((tmp_path / "page.html").read_text())
    assert "gone.mp4 cannot be shown: No such file or directory" in page.texts
    assert [text for text in page.texts if "cannot be shown: [Errno 36] File name too long" in text]
    assert page.texts.count("cannot be read") == 2


def test_command(work_dirs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(work_dirs[0].parent)
    main(["bad", "--out", str(tmp_path / "deep/page.html"), "--queries", "4", "--metric", "euclidean", "--centre"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("bad: R@1 25.0 %")
    assert printed[1].startswith(f"Written: {tmp_path}/deep/page.html (0.")
    page = Page((tmp_path / "deep/page.html").read_text())
    assert len([tag for tag in page.of("li") if tag["class"] == "query"]) == 4
    assert ("Features are compared by Euclidean distance, each split centred. The page shows 4 of the 8 queries, "
            "spread over the classes, with their nearest videos. A clip has 12 frames: every third from the start of "
            "the video. All numbers count every query.") in page.texts
    assert printed[2] == "Next: open it in a browser; vididi cluster bad shows the classes by t-SNE"


def test_bad_input(work_dirs, tmp_path, capsys):
    error = failed(capsys, work_dirs[0], "--root", tmp_path)
    assert error.startswith("at least one video must be readable; names are relative to the folder in which mim test "
                            f"ran, or to --root: {tmp_path}/videos/")
    assert failed(capsys, work_dirs[0], "--queries", "0") == "queries must be >= 1: got 0"
    assert "no feature file at" in failed(capsys, tmp_path)
    assert failed(capsys, work_dirs[0], "--out", tmp_path) == f"out must be a file: {tmp_path} is a folder"
    (tmp_path / "file").touch()
    error = failed(capsys, work_dirs[0], "--root", tmp_path, "--out", tmp_path / "file/page.html")
    assert error == f"File exists: {tmp_path}/file"  # before the error that no video can be read
    with pytest.raises(ValueError, match="a page needs at least one run: got none"):
        write_retrieval_page([], tmp_path / "page.html")


@pytest.mark.parametrize("key", ["videos", "splits", "labels"])
def test_runs_need_the_same_videos(work_dirs, tmp_path, key):
    run = read_runs(work_dirs)[0]
    other = replace(run, **{"name": "other", key: np.roll(getattr(run, key), 1)})
    with pytest.raises(ValueError, match=rf"other and good differ in {key}$"):
        write_retrieval_page([run, other], tmp_path / "page.html", work_dirs[0].parent)


def test_without_pyav(work_dirs, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert failed(capsys, work_dirs[0]).startswith("this needs: pip install 'vididi-transforms[videos]'")
