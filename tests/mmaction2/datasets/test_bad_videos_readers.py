"""Bad and odd videos with the recipes' readers and with MMAction2's: the table in docs/bad_videos.md."""
import pytest
from bad_videos import KINDS
from bad_videos_readers import CRASH, GOOD, OURS, STOCK, is_wrong, results, table
from paths import ROOT

TEXT = (ROOT / "docs/bad_videos.md").read_text()

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return results()


@pytest.mark.parametrize("reader", OURS)
def test_what_verify_calls_good_is_read_without_a_fault(found, reader):
    assert {kind: found[kind, reader] for kind in KINDS if KINDS[kind].readable and found[kind, reader] != [GOOD]} == {}


@pytest.mark.parametrize("reader", OURS)
def test_what_is_bad_is_an_error_or_a_shorter_video(found, reader):
    for kind in KINDS:
        assert not is_wrong(found[kind, reader]), kind
        if KINDS[kind].fault in ("missing", "unreadable", "no video stream"):
            assert found[kind, reader] == ["`VideoReadError`"], kind


def test_stock_transforms_return_wrong_frames(found):
    """The reason for readers of our own."""
    for reader in STOCK:
        assert sum(is_wrong(found[kind, reader]) for kind in KINDS) >= 10


def test_the_table_of_the_docs(found):
    header, _, *rows = table(found).splitlines()
    documented = [line for line in TEXT.splitlines() if line.startswith("| `") and line.count(" | ") == 6]
    assert [row.split(" |")[0] for row in rows] == [row.split(" |")[0] for row in documented]
    if header in TEXT:  # with the same versions; where a decoder crashes, its behaviour can change from run to run
        assert [row for row, line in zip(rows, documented, strict=True) if CRASH not in line and row != line] == []
