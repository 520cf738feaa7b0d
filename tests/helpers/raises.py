"""Which ``raise`` an error comes from, and which ones no row of a table has reached."""
import ast
import traceback
from pathlib import Path

import vididi_transforms

PACKAGE = Path(vididi_transforms.__file__).parent


def error_of(call):
    """The error that a call ends with; of a command line, the one that it tells about."""
    try:
        call()
    except SystemExit as end:
        return end.__context__
    except Exception as error:
        return error
    raise AssertionError("there was no error")


def not_raised(files, errors):
    """Places of ``raise Error(...)`` in files that none of the errors comes from, such as ``functional.py:46``.

    A ``SystemExit`` is none of a user's errors: commands tell those on the way to it.
    """
    reached = {(Path(frame.f_code.co_filename), line) for error in errors
               for frame, line in list(traceback.walk_tb(error.__traceback__))[-1:]}
    return [f"{path.relative_to(PACKAGE)}:{node.lineno}" for path in sorted(files) for node in _raises(path)
            if not any((path, line) in reached for line in range(node.lineno, node.end_lineno + 1))]


def _raises(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
                and getattr(node.exc.func, "id", "") != "SystemExit"):
            yield node
