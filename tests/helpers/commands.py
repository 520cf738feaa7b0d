"""Run ``vididi`` commands in this process."""
from vididi_transforms.cli import main


def command(name):
    """``vididi NAME`` as a function of its arguments."""
    return lambda words: main([name, *map(str, words)])


def exit_code(name, *words):
    """The exit code of ``vididi NAME WORDS``."""
    try:
        return command(name)(words)
    except SystemExit as end:
        return end.code


def usage_error(name, capsys, *words):
    """The error message of ``vididi NAME WORDS``, which must be one line."""
    assert exit_code(name, *words) == 2
    return capsys.readouterr().err.strip().splitlines()[-1].split("error: ")[1]
