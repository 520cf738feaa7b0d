"""MMAction2's own tools/test.py, for ``mim test vididi_transforms CONFIG.py``: mim looks for it in this package."""
import runpy
from importlib.util import find_spec
from pathlib import Path

if __name__ == "__main__":
    spec = find_spec("mmaction")
    if spec is None or spec.origin is None:
        raise SystemExit("mmaction2 is not installed: see the extra 'mmaction2' of this package")
    runpy.run_path(str(Path(spec.origin).parent / ".mim/tools/test.py"), run_name="__main__")
