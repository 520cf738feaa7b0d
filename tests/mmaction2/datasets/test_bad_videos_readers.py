"""Bad and odd videos with MMAction2's readers: the table in docs/bad_videos.md, and the errors of ReadVideo."""
import pytest
from bad_videos import KINDS
from bad_videos_readers import CRASH, HANGS, READERS, is_wrong, results, table
from paths import ROOT

TEXT = (ROOT / "docs/bad_videos.md").read_text()
NOT_SEEN = {("transport-stream", "decord"), ("transport-stream", "opencv"),
            ("program-stream", "opencv")}  # listed in the docs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return results()


def test_read_video_raises_where_frames_are_wrong(found):
    wrong = {(kind, reader) for kind, reader, checked in found if checked and is_wrong(found[kind, reader, True])}
    assert wrong == NOT_SEEN
    assert {(kind, reader) for kind, reader, _ in found if is_wrong(found[kind, reader, False])} > NOT_SEEN


def test_read_video_accepts_what_is_good(found):
    for kind in KINDS:
        for reader in READERS:
            stock, checked = found[kind, reader, False], found[kind, reader, True]
            if all(words.startswith("good") for words in stock):
                assert checked == stock, (kind, reader)
            if not any(words.startswith("good") or words in (CRASH, HANGS) for words in stock + checked):
                assert checked == ["`VideoReadError`"] or (kind, reader) in NOT_SEEN, (kind, reader)


def test_decord_reads_odd_videos(found):
    odd = {kind for kind in KINDS if KINDS[kind].readable and not KINDS[kind].fault}
    assert {kind for kind in odd if found[kind, "decord", False] not in (["good"], ["good, turned"])} == {
        "turned-narrow", "transport-stream", "program-stream", "annex-b"}


def test_the_table_of_the_docs(found):
    header, _, *rows = table(found).splitlines()
    documented = [line for line in TEXT.splitlines() if line.startswith("| `")]
    assert [row.split(" |")[0] for row in rows] == [row.split(" |")[0] for row in documented]
    if header in TEXT:  # with the same versions; where a decoder crashes, its behaviour can change from run to run
        assert [row for row, line in zip(rows, documented, strict=True) if CRASH not in line and row != line] == []
