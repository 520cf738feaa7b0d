"""The demo's results as a table."""
from collections.abc import Mapping

from ...data.motions import MOTIONS
from ...evaluation.neighbours import TOPK, chance_recall
from ...evaluation.tables import markdown_table, percent, recall_names
from .runs import Recalls

TRAIN, TEST = 480, 160  # number of videos


def chance() -> Recalls:
    """Recalls of gallery videos chosen at random."""
    return {f"top{k}": chance_recall(TRAIN // len(MOTIONS), TRAIN, k) for k in TOPK}


def table(results: Mapping[str, Recalls], seconds: Mapping[str, float]) -> str:
    """The recalls in per cent and the time of training, as Markdown."""
    header = ("retrieval of motion videos", *recall_names(TOPK), "training")
    return "\n" + markdown_table(header, [
        (name, *(percent(recalls[f"top{k}"]) for k in TOPK), f"{seconds[name]:.0f} s" if name in seconds else "")
        for name, recalls in results.items()])
