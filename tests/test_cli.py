"""``vididi``: quick help, commands in order of use, errors in one line."""
import argparse
import ast
import os
import re
import subprocess
import sys
import time
from importlib import import_module

import pytest
from commands import exit_code
from feature_files import save, toy

from vididi_transforms import __version__, cli

ORDER = ["doctor", "demo", "motion-videos", "strip", "prepare", "verify", "bn-statistics", "features",
         "retrieval-page", "cluster", "saliency", "report", "weights"]


def vididi(*words, **options):
    return subprocess.run([sys.executable, "-m", "vididi_transforms", *words], capture_output=True, text=True,
                          check=False, **options)


def test_commands_are_in_order_of_use():
    assert list(cli.COMMANDS) == ORDER


def test_help_is_one_screen_with_a_line_for_each_command(capsys):
    assert cli.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if re.match(r"  [a-z]", line)] == ORDER
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100


def test_help_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", "import sys; from vididi_transforms.cli import main; main([]); "
                           "print('torch' in sys.modules, 'numpy' in sys.modules)"], capture_output=True, text=True,
                          check=True)
    assert done.stdout.splitlines()[-1] == "False False"


def test_help_answers_in_half_a_second():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert vididi("--help").returncode == 0
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5


def test_the_console_script_is_the_module():
    script = os.path.join(os.path.dirname(sys.executable), "vididi")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == vididi("--version").stdout == f"vididi_transforms {__version__}\n"


@pytest.mark.parametrize(("word", "near"), [("clusters", "'cluster'"), ("reprot", "'report'"),
                                            ("retrieval_page", "'retrieval-page'"), ("motion", "'motion-videos'")])
def test_a_wrong_word_names_the_nearest_command(word, near, capsys):
    assert exit_code(word) == 2
    assert capsys.readouterr().err == f"vididi: error: no command {word!r}: did you mean {near}?\n"


@pytest.mark.parametrize(("word", "command"), [("train", "training is 'mim train'"),
                                               ("trian", "training is 'mim train'"),
                                               ("training", "training is 'mim train'"),
                                               ("test", "testing is 'mim test'"), ("tset", "testing is 'mim test'")])
def test_training_and_testing_are_commands_of_mim(word, command, capsys):
    assert exit_code(word) == 2
    assert capsys.readouterr().err == f"vididi: error: no command {word!r}: {command}\n"


def test_a_word_that_is_near_to_nothing(capsys):
    assert exit_code("xyzzy") == 2
    assert capsys.readouterr().err == "vididi: error: no command 'xyzzy'; see vididi --help\n"


@pytest.mark.parametrize("name", ORDER)
def test_help_of_a_command_has_its_options_and_an_example(name):
    done = vididi(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"usage: vididi {name}" in done.stdout
    assert re.search(rf"^ +vididi {name}|example: vididi {name}|^vididi {name}", done.stdout, re.MULTILINE)
    assert "``" not in done.stdout


def test_help_and_wrong_options_import_no_openmmlab():
    """It takes seconds and logs lines above the help. Those of ``commands/`` import no torch."""
    late = [name for name in ORDER if cli.COMMANDS[name].module.startswith("commands.")]
    assert late == ["demo", "verify", "bn-statistics", "features", "saliency", "weights"]
    code = f"""
import contextlib, sys
from vididi_transforms import cli
for names in ({late}, {ORDER}):
    for name in names:
        for option in ("--help", "--no-such-option"):
            with contextlib.suppress(SystemExit):
                cli.main([name, option])
    print([name for name in ("mmengine", "mmcv", "mmaction", "torch") if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = [ast.literal_eval(line) for line in done.stderr.splitlines() if line.startswith("[")]
    assert found == [[], ["torch"]]
    assert done.stdout.count("usage: ") == len(late) + len(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_wrong_options_are_one_line(name, capsys):
    assert exit_code(name, "--no-such-option") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(rf"vididi {name}[\w -]*: error: .+ \(see vididi {name}[\w -]* --help\)\n", printed.err)


def test_an_error_is_one_line_without_a_traceback(tmp_path, capsys):
    assert exit_code("cluster", tmp_path / "no.npz") == 2
    message = capsys.readouterr().err
    assert message.startswith("vididi cluster: error: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize(("error", "message"), [
    (FileNotFoundError(2, "No such file or directory", "a.txt"), "No such file or directory: a.txt"),
    (OSError(28, "No space left on device"), "No space left on device"), (OSError("no network"), "no network"),
])
def test_a_system_error_has_no_number(monkeypatch, capsys, error, message):
    def failing(args):
        raise error

    monkeypatch.setattr(import_module("vididi_transforms.doctor"), "run", failing)
    assert exit_code("doctor") == 2
    assert capsys.readouterr().err == f"vididi doctor: error: {message}\n"


def test_traceback_shows_where_an_error_comes_from(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.npz"):
        cli.main(["cluster", "--traceback", str(tmp_path / "no.npz")])


def test_an_unexpected_error_is_named(monkeypatch, capsys):
    module = import_module("vididi_transforms.doctor")
    monkeypatch.setattr(module, "run", lambda args: {}["key"])
    assert exit_code("doctor") == 2
    assert capsys.readouterr().err == "vididi doctor: error: KeyError: 'key' (--traceback shows where)\n"


def test_a_missing_package_names_the_extra(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    assert exit_code("cluster", save(tmp_path / "features.npz", **toy()), "--out", tmp_path / "out") == 2
    assert "error: this needs: pip install 'vididi-transforms[analysis]' (got: " in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("vididi_transforms.doctor"), "run", interrupted)
    assert exit_code("doctor") == 130
    assert capsys.readouterr().err == "vididi doctor: error: interrupted\n"


def test_exit_codes_are_those_of_the_command(monkeypatch):
    module = import_module("vididi_transforms.doctor")
    for returned, code in ((None, 0), (0, 0), (1, 1)):
        monkeypatch.setattr(module, "run", lambda args, returned=returned: returned)
        assert cli.main(["doctor"]) == code


@pytest.mark.parametrize(("line", "words"), [("vididi ret", ["retrieval-page"]), ("vididi s", ["strip", "saliency"]),
                                             ("vididi cluster --met", ["--metric"]),
                                             ("vididi saliency --motion", ["--motion-seed"])])
def test_shell_completion(line, words, tmp_path):
    """The shell asks by environment variables and reads the answer from a file."""
    out = tmp_path / "words"
    done = vididi(env={**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
                       "_ARGCOMPLETE_STDOUT_FILENAME": str(out), "_ARGCOMPLETE_IFS": " "})
    assert done.returncode == 0, done.stderr
    assert out.read_text().split() == words


def test_every_command_is_a_module_with_two_functions():
    for name in ORDER:
        module = import_module(f"vididi_transforms.{cli.COMMANDS[name].module}")
        assert module.__doc__
        assert callable(module.run)
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
