"""Runs the tools that MMAction2 ships."""
import runpy
from importlib.util import find_spec
from pathlib import Path


def run_stock_tool(name: str) -> None:
    """Run MMAction2's ``tools/NAME`` with the command line of this process.

    Raises:
        SystemExit: If MMAction2 is not installed.
    """
    spec = find_spec("mmaction")
    if spec is None or spec.origin is None:
        raise SystemExit("mmaction2 is not installed: pip install 'vididi-transforms[mmaction2]'")
    runpy.run_path(str(Path(spec.origin).parent / ".mim/tools" / name), run_name="__main__")
