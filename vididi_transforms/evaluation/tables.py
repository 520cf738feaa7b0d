"""Tables and numbers as text."""
from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table that ends with a line break.

    Example:
        >>> print(markdown_table(("run", "R@1"), [("vicreg", "12.5 %")]), end="")
        | run | R@1 |
        |---|---|
        | vicreg | 12.5 % |
    """
    lines = [f"| {' | '.join(map(str, row))} |" for row in (header, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(header), *lines[1:]]) + "\n"


def recall_names(topk: Iterable[int]) -> list[str]:
    """Names of recall columns.

    Example:
        >>> recall_names([1, 20])
        ['R@1', 'R@20']
    """
    return [f"R@{k}" for k in topk]


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with one decimal.

    Example:
        >>> percent(0.125)
        '12.5 %'
    """
    return f"{100 * share:.1f} %"
