"""The progress of several runs on the terminal: one line each, with its stage, its recall so far and the time left."""
import re
from pathlib import Path
from types import TracebackType

from ...evaluation.tables import percent
from .processes import Follow

EPOCHS = re.compile(r"max_epochs=(\d+)")  # of the config that MMEngine logs
TRAINED = re.compile(r"Epoch\(train\)\s+\[(\d+)\]\[\s*(\d+)/(\d+)\]")
VALIDATED = re.compile(r"Epoch\(val\)\s+\[(\d+)\].*retrieval/top1: ([\d.]+)")
COUNTED = re.compile(r"(?:Epoch\(test\)\s+\[\s*|saliency: .*? )(\d+)/(\d+)")
LEVELS = "▁▂▃▄▅▆▇█"


class Display:
    """One line for each run; finished validations are printed above.

    Where the output is not a terminal, only what is printed above appears.

    Args:
        names: names of the runs.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        width = max(map(len, names))
        self._progress = Progress(TextColumn(f"{{task.description:<{width}}} {{task.fields[stage]:<9}}"), BarColumn(),
                                  TextColumn("{task.fields[curve]}"), TimeRemainingColumn())
        self._tasks = {name: self._progress.add_task(name, total=None, start=False, stage="waits", curve="")
                       for name in names}
        self._recalls: dict[str, list[float]] = {name: [] for name in names}

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._progress.stop()

    def stage(self, name: str, stage: str, log: Path) -> Follow:
        """Start a stage of a run.

        Args:
            name: name of the run.
            stage: name of the stage.
            log: its log file.

        Returns:
            A function that reads the lines of the log.
        """
        self._print(f"{name}: {stage} (log: {log})")
        self._progress.reset(self._tasks[name], total=None, stage=stage, curve=curve(self._recalls[name]))
        return lambda line: self._follow(name, line)

    def _follow(self, name: str, line: str) -> None:
        task = self._tasks[name]
        if found := EPOCHS.search(line):
            self._progress.update(task, total=int(found[1]))
        elif found := TRAINED.search(line):
            self._progress.update(task, completed=int(found[1]) - 1 + int(found[2]) / int(found[3]))
        elif found := VALIDATED.search(line):
            self._recalls[name].append(float(found[2]))
            self._print(f"{name}: R@1 {percent(float(found[2]))} after {found[1]} epochs")
            self._progress.update(task, curve=curve(self._recalls[name]))
        elif found := COUNTED.search(line):
            self._progress.update(task, completed=int(found[1]), total=int(found[2]))

    def _print(self, text: str) -> None:
        self._progress.console.print(text, soft_wrap=True, markup=False, highlight=False)


def curve(recalls: list[float]) -> str:
    """Recalls as a line of bars, and the last one in per cent; nothing if there are none.

    Example:
        >>> curve([0.1, 0.4, 0.9])
        'R@1 ▁▄█ 90.0 %'
    """
    bars = "".join(LEVELS[min(int(recall * len(LEVELS)), len(LEVELS) - 1)] for recall in recalls)
    return f"R@1 {bars} {percent(recalls[-1])}" if recalls else ""
