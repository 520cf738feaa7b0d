"""The table of mutants fits the package; ``python tests/mutants.py`` tries them."""
import runpy

import pytest
from paths import ROOT


@pytest.fixture
def mutants():
    return runpy.run_path(str(ROOT / "tests/mutants.py"))


def test_every_text_is_in_its_file_once(mutants):
    mutants["check_texts"]()


@pytest.mark.parametrize(("text", "broken", "message"), [
    ("no such text", "pass", "must be in its file once"),
    ("return torch.diff(clip, dim=dim)", "return torch.diff(clips, dim=dim)", "Undefined name `clips`"),
])
def test_a_mutant_that_breaks_no_formula_is_rejected(mutants, text, broken, message):
    mutants["MUTANTS"].append(mutants["Mutant"]("derivatives/functional.py", text, broken, ""))
    with pytest.raises(SystemExit, match=message):
        mutants["check_texts"]()
