"""For mkdocs: the figures in ``benchmarks/results/`` are files of the site.

Pages link to ``../benchmarks/results/NAME.png``, which also works where the Markdown is read in the repository.
"""
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FOLDER = "benchmarks/results"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the figures."""
    for path in sorted(Path(FOLDER).glob("*.png")):
        files.append(File.generated(config, str(path), abs_src_path=str(path.absolute())))
    return files


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """Point links to the figures in the site."""
    return markdown.replace(f"](../{FOLDER}/", f"]({FOLDER}/")
