"""For mkdocs: the pictures of the benchmarks are files of the site."""
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add them under the names that the README calls them by."""
    for path in sorted(Path("benchmarks/results").glob("*.png")):
        files.append(File.generated(config, str(path), abs_src_path=str(path.absolute())))
    return files
