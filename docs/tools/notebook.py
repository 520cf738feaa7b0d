"""Writes ``examples/first_look.ipynb``, the executed script next to it: ``python docs/tools/notebook.py``."""
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

SCRIPT = Path(__file__).parents[2] / "examples/first_look.py"


def executed() -> nbformat.NotebookNode:
    """Return the script as a notebook with its results."""
    notebook = jupytext.read(SCRIPT)
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = str(number)
    NotebookClient(notebook, timeout=600, record_timing=False).execute()
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), SCRIPT.with_suffix(".ipynb"))
