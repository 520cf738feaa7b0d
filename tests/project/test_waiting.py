"""A test that hangs fails with a message; the limits that the helpers keep."""
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ranks import run_two_ranks
from waiting import finish, limit, until

HANG = "import os, time\nprint('so far', flush=True)\nos.fork()\ntime.sleep(600)"


def test_limit_of_a_block_that_waits_in_the_system():
    with limit(60, "all"), pytest.raises(TimeoutError, match=r"^it is not done after 1 seconds$"), limit(1, "it"):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(30)"], check=True)


def test_a_hanging_program_is_killed_with_its_children_and_its_output_shown():
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"not done in 2 seconds:\nso far"):
        finish([sys.executable, "-c", HANG], seconds=2)
    assert time.monotonic() - start < 30
    assert finish([sys.executable, "-c", "print(1); raise SystemExit(3)"]) == (3, "1\n")


def test_a_condition_that_never_comes():
    with pytest.raises(AssertionError, match=r"still not so after 0\.2 seconds:\nso far"):
        until(lambda: False, seconds=0.2, output=lambda: "so far")


def hang_on_rank_1(rank, folder):
    Path(folder, str(rank)).touch()
    if rank == 1:
        time.sleep(600)


@pytest.mark.slow
def test_a_hanging_rank(tmp_path):
    with pytest.raises(TimeoutError, match="two ranks of hang_on_rank_1 are not done after 5 seconds"):
        run_two_ranks(hang_on_rank_1, tmp_path, seconds=5)
    assert (tmp_path / "0").exists()
