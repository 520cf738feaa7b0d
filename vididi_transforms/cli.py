# PYTHON_ARGCOMPLETE_OK
"""``vididi COMMAND``: one program for everything but training.

Training is ``mim train``.

A command is a module with ``add_arguments(parser)`` and ``run(args)``, which may return an exit code. Its docstring is
the description in ``vididi COMMAND --help``. Only the module of the given command is imported.

Shell completion needs argcomplete: ``eval "$(register-python-argcomplete vididi)"``.
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
    """A command: module, line in ``vididi --help``, and extra to install."""

    module: str
    summary: str
    extra: str


COMMANDS = {
    "doctor": Command("doctor", "check versions, repairs and what is missing", "mmaction2"),
    "demo": Command("commands.demo", "train VICReg and ViDiDi-VICReg on generated videos and compare",
                    "mmaction2"),
    "motion-videos": Command("data.motion_videos", "generate a small dataset whose classes are motions", "videos"),
    "strip": Command("analysis.derivative_strip", "draw the temporal derivatives of a video", "videos"),
    "prepare": Command("data.prepare.command", "write annotation lists for UCF101, HMDB51, Kinetics, AVA", "videos"),
    "verify": Command("commands.verify", "find the broken videos of a list before training", "videos"),
    "bn-statistics": Command("commands.bn_statistics", "set a checkpoint's BatchNorm statistics to those of frames",
                             "mmaction2"),
    "features": Command("commands.features", "encode the test videos of a config, one feature each",
                        "mmaction2"),
    "retrieval-page": Command("analysis.retrieval_page.command", "show test videos with their nearest neighbours",
                              "videos"),
    "cluster": Command("evaluation.clustering.command", "compute silhouette scores and draw t-SNE", "analysis"),
    "saliency": Command("commands.saliency", "draw saliency tubes of one or two encoders", "mmaction2"),
    "report": Command("analysis.report.command", "compare several runs in one HTML file", "analysis"),
    "weights": Command("commands.weights", "export the encoder of a checkpoint", "mmaction2"),
}
ELSEWHERE = {"train": "training is 'mim train'", "test": "testing is 'mim test'"}


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that reports errors in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with code 2."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``vididi COMMAND ...``.

    Args:
        argv: words after ``vididi``; None: the arguments of this process.

    Returns:
        Exit code: 0, or what the command returns.

    Raises:
        SystemExit: With code 2 if the command or an argument is wrong or the command failed; with 130 after Ctrl-C.

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
        _fail("vididi", f"no command {name!r}{_hint(name)}")
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        _fail(f"vididi {name}", "interrupted", code=130)
    except Exception as error:
        if show_traceback:
            raise
        clear_frames(error.__traceback__)  # closes progress bars, so that the message gets its own line
        _fail(f"vididi {name}", _message(error, COMMANDS[name]))


def command_parser(name: str, module: ModuleType) -> Parser:
    """Make the parser of one command.

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
        if [name] == typed:
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
        description="Temporal derivatives for self-supervised video learning.\n\n"
        "commands, in order of use (training itself is 'mim train'):\n"
        + "\n".join(f"  {name:{width}}{command.summary}" for name, command in COMMANDS.items()),
        epilog="vididi COMMAND --help shows the options and an example; --traceback shows where an error comes from.")
    parser.add_argument("--version", action="version", version=f"vididi_transforms {__version__}")
    parser.parse_args(words)
    parser.print_help()
    return 0


def _hint(name: str) -> str:
    near = get_close_matches(name, [*COMMANDS, *ELSEWHERE], n=1)
    if not near:
        return "; see vididi --help"
    return ": " + ELSEWHERE.get(near[0], f"did you mean {near[0]!r}?")


def _message(error: Exception, command: Command) -> str:
    if isinstance(error, ImportError):
        extra = "mmaction2" if (error.name or "").startswith(("mm", "cv2")) else command.extra
        return f"this needs: pip install 'vididi-transforms[{extra}]' (got: {error})"
    if isinstance(error, OSError) and error.strerror:
        return ": ".join(map(str, filter(None, (error.strerror, error.filename))))
    if isinstance(error, (ValueError, OSError, RuntimeError)):
        return str(error)
    return f"{type(error).__name__}: {error} (--traceback shows where)"


def _fail(program: str, message: str, code: int = 2) -> NoReturn:
    print(f"{program}: error: {message}", file=sys.stderr)
    raise SystemExit(code)
