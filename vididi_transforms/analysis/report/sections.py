"""Sections of the report other than the overview.

Each says which runs lack its data.
"""
from collections import Counter
from collections.abc import Sequence

from ...evaluation.neighbours import chance_recalls
from ...evaluation.tables import percent, recall_names
from ..html import Row, paragraph, picture, table
from .figures import RECALL, curves, orders, png, recall_curves
from .overview import NONE, attention_share, recall_cells, recall_columns
from .work_dirs import Run

LACK = {
    "retrieval": "has no retrieval result: mim test with its --work-dir writes it",
    "features": "has no features.npz: mim test with DumpFeatures in test_evaluator writes it",
    "attention": "has no saliency.json: vididi saliency with --out set to its work dir writes it",
    "training": "has no training log",
}


def recall_section(runs: Sequence[Run]) -> list[str]:
    """The picture of R@1 during training; nothing if no run was validated at least twice."""
    recalls = {run.name: [line[RECALL] for line in run.validations if RECALL in line] for run in runs}
    validated = {name: values for name, values in recalls.items() if len(values) > 1}
    if not validated:
        return []
    ends = ", ".join(f"{name} {percent(values[-1])}" for name, values in validated.items())
    return [picture(png(recall_curves(runs)), "Share of test videos whose nearest training video is of their class, "
                    f"during training; dotted: by chance; at the end: {ends}")]


def retrieval_section(runs: Sequence[Run]) -> list[str]:
    """Recalls and the numbers of videos, one row for each run and protocol."""
    columns = recall_columns(runs)
    header = ("run", "protocol", *recall_names(columns), "gallery", "queries", "R@1 by chance")
    rows = [(run.name, protocol, *recall_cells(result.recalls, columns), str(result.gallery), str(result.queries),
             percent(chance_recalls(run.features)[0]) if run.features else NONE)
            for run in runs for protocol, result in run.retrieval.items()]
    caption = "Share of queries with a video of their class among the k nearest gallery videos"
    found = [table(caption, header, rows)] if rows else []
    return found + lacking(runs, "retrieval")


def other_metrics(runs: Sequence[Run]) -> tuple[Row, list[Row]] | None:
    """Header and rows of all metrics but retrieval; None if there are none."""
    keys = list(dict.fromkeys(key for run in runs for key in run.metrics))
    if not keys:
        return None
    return ("run", *keys), [(run.name, *(f"{run.metrics[key]:.4g}" if key in run.metrics else NONE for key in keys))
                            for run in runs if run.metrics]


def attention_section(runs: Sequence[Run]) -> list[str]:
    """Shares of the attention on moving pixels, and the pictures."""
    rows = []
    for run in runs:
        if run.attention:
            numbers = run.attention["attention_on_motion"]
            chance, mask = (percent(numbers[key]) if key in numbers else NONE
                            for key in ("chance", "mask_at_map_resolution"))
            rows.append((run.name, attention_share(run), chance, mask, str(numbers.get("videos", NONE))))
    header = ("run", "share", "by chance", "best at the resolution of the maps", "videos")
    found = [table("Share of attention on moving pixels", header, rows)] if rows else []
    pictures = [picture(run.saliency, f"Frames and saliency of {run.name}: bright where the encoder responds most, "
                        "moving pixels outlined") for run in runs if run.saliency]
    return found + pictures + lacking(runs, "attention")


def training_section(runs: Sequence[Run]) -> list[str]:
    """Losses, and the derivative orders of both views."""
    trained = [run for run in runs if run.training]
    ordered = [run for run in trained if all("vididi_order1" in line for line in run.training)]
    parts = []
    if trained:
        losses = ", ".join(f"{run.name} {run.training[-1]['loss']:.4g}" for run in trained)
        parts.append(picture(png(curves(trained)), f"Logged losses by step; at the end: {losses}"))
    if ordered:
        parts += [picture(png(orders(ordered)), "Derivative orders of the two views by epoch, at the logged steps; the "
                          "table below counts them"), orders_table(ordered)]
    parts += [paragraph(f"{run.name} was trained without ViDiDiHook: frames only.") for run in trained
              if run not in ordered]
    return parts + lacking(runs, "training")


def orders_table(runs: Sequence[Run]) -> str:
    """How often each pair of derivative orders was logged."""
    counts = [Counter((int(line["vididi_order1"]), int(line["vididi_order2"])) for line in run.training)
              for run in runs]
    pairs = sorted({pair for count in counts for pair in count})
    return table("Logged steps by pair of derivative orders", ("run", *map(str, pairs)),
                 [(run.name, *(str(count[pair]) for pair in pairs)) for run, count in zip(runs, counts, strict=True)])


def lacking(runs: Sequence[Run], part: str) -> list[str]:
    """A paragraph for each run that lacks a part."""
    return [paragraph(f"{run.name} {LACK[part]}.") for run in runs if not getattr(run, part)]
