"""Tables of errors: a row is a call, the kind of its error and the message.

Finds the ``raise`` statements that have no row.
"""
import ast
import traceback
from pathlib import Path

import pytest

import vididi_transforms

PACKAGE = Path(vididi_transforms.__file__).parent


def for_each_row(rows):
    """Parametrise a test ``(call, kind, message)``."""
    return pytest.mark.parametrize(("call", "kind", "message"), rows, ids=[message[:50] for *_, message in rows])


def kind_and_message(call):
    error = error_of(call)
    return type(error), str(error)


def error_of(call):
    """The error that a call ends with.

    For a command line: the error behind its ``SystemExit``.
    """
    try:
        call()
    except SystemExit as end:
        return end.__context__
    except Exception as error:
        return error
    raise AssertionError("there was no error")


def not_raised(files, errors):
    """Places of ``raise Error(...)`` in files that no error comes from.

    They look like ``functional.py:46``.

    ``raise SystemExit`` does not count: commands raise it after reporting an error.
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
