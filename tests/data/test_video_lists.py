"""The grammar of annotation lists: what is written in any accepted form is read back."""
import os
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vididi_transforms.data.video_lists.grammar import DELIMITERS, SUFFIXES, parse_line
from vididi_transforms.data.video_lists.video_list import parse_video_list

REPRODUCIBLE = settings(derandomize=True, deadline=None, max_examples=60,
                        suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")  # Python writes UTF-16 with a byte-order mark
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="/\\"), min_size=1,
            max_size=12),
    st.sampled_from(["clip 2", "my video", "a,b;c", "中文 视频", "видео 3", "🎥", "#1 50%", '"quoted"', "x.mp4 (copy)",
                     "1"]))
PATHS = st.builds(lambda folders, name, suffix: "/".join([*folders, name]) + suffix,
                  st.lists(NAMES, max_size=2), NAMES, st.sampled_from(["", *SUFFIXES, ".MP4", ".ts"]))
LABELS = st.integers(0, 10**6)
ONE, ANY = st.just(1), st.integers(0, 3)


@st.composite
def lines(draw, number):
    """A line in a random accepted form, its path and its labels; without quotes only where these are not needed."""
    path, labels = draw(PATHS), [draw(LABELS) for _ in range(draw(number))]
    delimiter = draw(st.sampled_from([*DELIMITERS.values()]))
    blanks = st.sampled_from(["", " ", "  "])
    end = "".join(f"{draw(blanks)}{delimiter}{draw(blanks)}{label}" for label in labels)
    path_as_written = '"' + path.replace('"', '""') + '"' if _needs_quotes(path) or draw(st.booleans()) else path
    return f"{draw(blanks)}{path_as_written}{end}{draw(blanks)}", path, tuple(labels)


def _needs_quotes(path):
    ended = re.search(r"(avi|mp4|mkv|webm|mov|m4v|mpg|mpeg|flv|wmv|3gp)[\t ,;]", path, flags=re.I)
    number = re.search(r'[\t ,;]\s*("?)-?[0-9]+\1$', path)
    return path != path.strip() or path.startswith('"') or path[-1] in ",;" or bool(ended or number)


@REPRODUCIBLE
@given(lines(ANY))
def test_a_line_is_read_back(line):
    text, path, labels = line
    assert parse_line(text) == (path, labels)


@REPRODUCIBLE
@given(PATHS, LABELS, st.sampled_from([*DELIMITERS.values()]))
def test_what_stock_video_dataset_reads_is_read_alike(path, label, delimiter):
    """Without the names that need quotes: in quotes, with a delimiter at the end, with text after a video's ending."""
    path = re.sub(r"\.(?=\w+[\t ,;])", "_", path.replace(delimiter, "_")).strip().strip('",;').strip() or "clip"
    stock, number = f"{path}{delimiter}{label}".split(delimiter)
    assert parse_line(f"{path}{delimiter}{label}") == (stock, (int(number),))
    assert parse_line(f"{path}{delimiter}{label}", delimiter) == (stock, (int(number),))


@REPRODUCIBLE
@given(st.lists(lines(ONE), min_size=1, max_size=6, unique_by=lambda line: os.path.normpath(line[1])),
       st.sampled_from(ENCODINGS), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(0, 3), st.booleans(),
       st.sampled_from(["", "path,label", "video\tclass", "Filename;Label_ID"]))
def test_a_list_is_read_back(entries, encoding, end, blank, last_end, header):
    texts = [*([header] if header else []), *(text for text, *_ in entries)]
    for number in range(blank):
        texts.insert(number * len(texts) // 3, " \t" if number else "")
    content = (end.join(texts) + (end if last_end or not texts[-1] else "")).encode(encoding)
    videos = parse_video_list(content, "list.txt")
    assert [(entry.path, entry.labels) for entry in videos.entries] == [(path, labels) for _, path, labels in entries]
    assert [texts[entry.number - 1] for entry in videos.entries] == [entry.line for entry in videos.entries]
    assert videos.blank == blank
    assert videos.labels == {label for *_, labels in entries for label in labels}


def entries_of(text, **options):
    return [(entry.path, entry.labels) for entry in parse_video_list(text.encode(), "list.txt", **options).entries]


@pytest.mark.parametrize(("text", "paths"), [
    ("a.mp4 0\nb/c.mp4 12\n\n", ["a.mp4", "b/c.mp4"]),
    ("my video 2.mp4 3\nx.mp4 0", ["my video 2.mp4", "x.mp4"]),
    ("a.mp4 1 5 7\r\nb.mp4 -1\r\n", ["a.mp4", "b.mp4"]),
    ("a, b.mp4,1\n", ["a, b.mp4"]),
    ('"path","label"\n"a, b.mp4","1"\n', ["a, b.mp4"]),
    ("a 1.mp4\t1\n", ["a 1.mp4"]),
    ("ö #[1].mp4 4\n", ["ö #[1].mp4"]),
    ("path\nvideo 1.mp4\nvideo 2.mp4\n", ["video 1.mp4", "video 2.mp4"]),
])
def test_paths_of_a_list(text, paths):
    assert [path for path, _ in entries_of(text)] == paths


def test_a_given_delimiter_is_the_only_one():
    assert entries_of("clip,2\n", delimiter="\t") == [("clip,2", ())]
    assert entries_of("clip 2|3\n", delimiter="|") == [("clip 2", (3,))]


def test_labels_of_one_video_in_several_lines():
    """Duplicates are counted if they agree; the paths agree as files, not as text."""
    videos = parse_video_list(b"a.mp4 1\n/data/a.mp4 1\nx/../a.mp4 1\nb.mp4 0\n", "list.txt", root="/data")
    assert videos.summary() == ("videos of list.txt: 4, classes: 2, duplicates: 2, blank lines: 0, without label: 0")
    with pytest.raises(ValueError, match=r"and line 1 has 1: got line 3 of list.txt, '/data/a.mp4 2'$"):
        parse_video_list(b"a.mp4 1\nb.mp4 2\n/data/a.mp4 2\n", "list.txt", root="/data")
    assert len(entries_of("a.mp4 1\na.mp4 2 3\nb.mp4\n")) == 3  # several labels
    assert len(entries_of("a.mp4 1\na.mp4 2\nb.mp4\n", multi_label=True)) == 3


def test_labels_may_be_missing_in_all_lines():
    assert entries_of("a.mp4\nb.mp4 -1\n") == [("a.mp4", ()), ("b.mp4", ())]


def test_files_are_found_in_other_spellings(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "é.mp4") for form in ("NFC", "NFD"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / decomposed).touch()
    for name in (r"a\b.mp4", "c.mp4", "d", "d.mp4", "a/f.mp4"):
        (tmp_path / name).touch()
    text = f"a\\{composed} 0\n{composed} 0\na\\b.mp4 0\na\\no.mp4 0\nc 0\nd 0\ne 0\na\\f 0\n"
    assert [path for path, _ in entries_of(text, root=str(tmp_path))] == [
        f"a/{decomposed}", composed, r"a\b.mp4", r"a\no.mp4", "c.mp4", "d", "e", "a/f.mp4"]


def test_a_long_line_is_cut_in_the_message():
    with pytest.raises(ValueError, match=r"got line 1 of list.txt, 'a{196}\.mp4\.\.\.'$"):
        entries_of(f"{'a' * 196}.mp4 {'cat ' * 100_000}\n")
