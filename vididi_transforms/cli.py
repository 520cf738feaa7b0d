# PYTHON_ARGCOMPLETE_OK
"""``vididi COMMAND``: one command for everything that is not training; lazy, so that ``vididi --help`` is quick.

A command is a module with ``add_arguments(parser)`` and ``run(args)``, which may return an exit code. Its docstring is
the description in ``vididi COMMAND --help``.

Shell completion comes from argcomplete, if it is installed: ``eval "$(register-python-argcomplete vididi)"``.
"""
import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from traceback import clear_frames
from types import ModuleType
from typing import NamedTuple, NoReturn

from . import __version__


class Command(NamedTuple):
    """Where a command is, what it does, and which extra of the package installs what it needs."""

    module: str
    summary: str
    extra: str


COMMANDS = {
    "demo": Command("mmaction2.demo", "train VICReg and ViDiDi-VICReg on generated videos and compare", "mmaction2"),
    "prepare": Command("data.prepare.command", "write annotation lists for UCF101, HMDB51, Kinetics, AVA", "videos"),
    "verify": Command("data.verify_videos", "find the broken videos of a list before training", "videos"),
    "motion-videos": Command("data.motion_videos", "generate a small dataset whose classes are motions", "videos"),
    "features": Command("mmaction2.tools.features", "encode the test videos of a config, one feature each",
                        "mmaction2"),
    "retrieval-page": Command("analysis.retrieval_page.command", "show test videos with their nearest neighbours",
                              "videos"),
    "cluster": Command("evaluation.clustering.command", "compute silhouette scores and draw t-SNE", "analysis"),
    "saliency": Command("mmaction2.evaluation.saliency", "draw saliency tubes of one or two encoders", "mmaction2"),
    "report": Command("analysis.report.command", "compare several runs in one HTML file", "analysis"),
    "strip": Command("analysis.derivative_strip", "draw the temporal derivatives of a video", "videos"),
    "weights": Command("mmaction2.models.weights", "export the encoder of a checkpoint", "mmaction2"),
    "doctor": Command("doctor", "check versions, repairs and what is missing", "mmaction2"),
}


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that reports an error in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and the message."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``vididi COMMAND ...``.

    Args:
        argv: the words after ``vididi``; None: those of this process.

    Returns:
        The exit code: 0, or what the command returns.

    Raises:
        SystemExit: with code 2, the command or an argument is wrong or the command failed; 130, Ctrl-C.

    Example:
        >>> main(["doctr"])
        Traceback (most recent call last):
        ...
        SystemExit: 2
    """
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    words = list(sys.argv[1:] if argv is None else argv)
    show_traceback = "--traceback" in words
    words = [word for word in words if word != "--traceback"]
    if not words or words[0].startswith("-"):
        return _help(words)
    name, *rest = words
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        _fail("vididi", f"no command {name!r}" + (f": did you mean {near[0]!r}?" if near else "; see vididi --help"))
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        _fail(f"vididi {name}", "interrupted", code=130)
    except Exception as error:
        if show_traceback:
            raise
        clear_frames(error.__traceback__)  # ends progress bars, so that the message has a line of its own
        _fail(f"vididi {name}", _message(error, COMMANDS[name]))


def command_parser(name: str, module: ModuleType) -> Parser:
    """The parser of one command.

    Example:
        >>> from vididi_transforms import doctor
        >>> command_parser("doctor", doctor).prog
        'vididi doctor'
    """
    parser = Parser(prog=f"vididi {name}", description=module.__doc__.replace("``", ""),  # type: ignore[union-attr]
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    module.add_arguments(parser)
    return parser


def _complete() -> None:
    import argcomplete

    parser = Parser(prog="vididi")
    commands = parser.add_subparsers()
    typed = os.environ.get("COMP_LINE", "").split()[1:2]
    for name in COMMANDS:
        command = commands.add_parser(name)
        if [name] == typed:  # only its own module is imported
            import_module(f".{COMMANDS[name].module}", __package__).add_arguments(command)
    argcomplete.autocomplete(parser)


def _run(name: str, arguments: Sequence[str]) -> int:
    module = import_module(f".{COMMANDS[name].module}", __package__)
    code: int | None = module.run(command_parser(name, module).parse_args(arguments))
    return code or 0


def _help(words: Sequence[str]) -> int:
    width = max(map(len, COMMANDS)) + 2
    parser = Parser(
        prog="vididi", usage="vididi COMMAND [options]", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Temporal derivatives for self-supervised video learning.\n\ncommands, in the order of the work:\n"
        + "\n".join(f"  {name:{width}}{command.summary}" for name, command in COMMANDS.items()),
        epilog="vididi COMMAND --help shows the options and an example; --traceback shows where an error comes from.")
    parser.add_argument("--version", action="version", version=f"vididi_transforms {__version__}")
    parser.parse_args(words)
    parser.print_help()
    return 0


def _message(error: Exception, command: Command) -> str:
    if isinstance(error, ImportError):
        return f"this needs: pip install 'vididi-transforms[{command.extra}]' (got: {error})"
    if isinstance(error, (ValueError, OSError, RuntimeError)):
        return str(error)
    return f"{type(error).__name__}: {error} (--traceback shows where)"


def _fail(program: str, message: str, code: int = 2) -> NoReturn:
    print(f"{program}: error: {message}", file=sys.stderr)
    raise SystemExit(code)
