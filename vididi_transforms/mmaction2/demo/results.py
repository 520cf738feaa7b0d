"""The demo's results as a table."""
from collections.abc import Mapping

from ...data.motions import MOTIONS
from ...evaluation.neighbours import TOPK, chance_recall
from ...evaluation.tables import markdown_table, percent, recall_names
from .runs import Scores

TRAIN, TEST = 480, 160  # number of videos


def chance() -> Scores:
    """Recalls of gallery videos chosen at random."""
    return {f"top{k}": chance_recall(TRAIN // len(MOTIONS), TRAIN, k) for k in TOPK}


def table(results: Mapping[str, Scores], seconds: Mapping[str, float]) -> str:
    """The scores and the time of training, as Markdown."""
    header = ("retrieval of motion videos", *recall_names(TOPK), "silhouette", "attention on motion", "training")
    return "\n" + markdown_table(header, [
        (name, *(percent(scores[f"top{k}"]) for k in TOPK),
         f"{scores['silhouette']:.3f}" if "silhouette" in scores else "",
         percent(scores["attention"]) if "attention" in scores else "",
         f"{seconds[name]:.0f} s" if name in seconds else "")
        for name, scores in results.items()])
