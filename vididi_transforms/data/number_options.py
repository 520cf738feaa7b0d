"""Options of commands that are integers."""
import argparse


def add_numbers(parser: argparse.ArgumentParser, *options: tuple[str, int, str]) -> None:
    """Add one option per (name, default, help text)."""
    for name, default, text in options:
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N",
                            help=f"{text} (default: %(default)s)")
