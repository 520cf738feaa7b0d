"""The notebook has the cells of the script, and runs."""
import runpy

import nbformat
import pytest
from paths import ROOT


@pytest.mark.slow
def test_the_notebook_is_the_script_and_runs():
    notebook = runpy.run_path(str(ROOT / "docs/tools/notebook.py"))["executed"]()
    committed = nbformat.read(ROOT / "examples/first_look.ipynb", as_version=4)
    assert [cell.source for cell in committed.cells] == [cell.source for cell in notebook.cells]
    for results in (notebook.cells[-1].outputs, committed.cells[-1].outputs):
        assert "R@1" in results[0].text
