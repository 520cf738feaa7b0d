"""The parts of the report; each says which runs lack it."""
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from ...data.files import write_text
from ...evaluation.clustering import Comparison, Panel, compare, draw, panels
from ...evaluation.features import SPLITS, FeatureSet
from ...evaluation.neighbours import chance_recalls
from ..html import Row, page, paragraph, percent, picture, table
from .figures import curves, orders, png
from .work_dirs import Run, read_run

NONE = "-"
CLASSES = 5  # of the t-SNE
Cluster = tuple[Comparison, list[Panel]]
HEADER = ("run", "R@1", "R@5", "R@10", "silhouette of 5 classes", "of all", "attention on motion", "steps", "last loss")
LACK = {
    "retrieval": "has no retrieval result: mim test with its --work-dir writes it",
    "features": "has no features.npz: mim test with DumpFeatures among the test_evaluator writes it",
    "attention": "has no saliency.json",
    "training": "has no training log",
}


def write_report(folders: Sequence[str | Path], out: Path, title: str = "Runs side by side") -> str:
    """Write the HTML file.

    Args:
        folders: work dirs.
        out: the file.
        title: of the page.

    Returns:
        The table of all runs, as Markdown.

    Raises:
        FileNotFoundError, ValueError: a folder is no work dir, or two runs have the same name.
    """
    runs = [read_run(folder) for folder in folders]
    twice = [name for name, count in Counter(run.name for run in runs).items() if count > 1]
    if twice:
        raise ValueError(f"work dirs need different names: got {', '.join(twice)} more than once")
    clusters, problems = _clusters(runs)
    rows = [overview(run, clusters) for run in runs]
    sections = {
        "All runs": [table("Recall of test videos among training videos; silhouette of the test videos, of each run's "
                           "best-retrieved classes", HEADER, rows)],
        "Video retrieval": retrieval_section(runs),
        "Clustering": [*clustering_section(clusters), *problems, *_lacking(runs, "features")],
        "Attention": attention_section(runs),
        "Training": training_section(runs),
        "This report": [paragraph(f"{date.today().isoformat()}, from {', '.join(map(str, folders))}")],
    }
    write_text(out, page(title, sections))
    return markdown(rows)


def _clusters(runs: Sequence[Run]) -> tuple[list[Cluster], list[str]]:
    """Scores and t-SNE of the runs on the same videos; why there are none."""
    groups: dict[tuple[str, ...], list[FeatureSet]] = {}
    for run in runs:
        if run.features is not None:
            groups.setdefault(tuple(run.features.videos.tolist()), []).append(run.features)
    if groups and not find_spec("sklearn"):
        return [], [paragraph("Silhouette and t-SNE need: pip install 'vididi-transforms[analysis]'")]
    clusters, problems = [], []
    for group in groups.values():
        try:
            comparison = compare(group)
            clusters.append((comparison, panels(group, comparison.shared[:CLASSES], comparison.metric)))
        except ValueError as error:  # too few videos, say: the other parts are shown
            problems.append(paragraph(f"Not for {', '.join(run.name for run in group)}: {error}"))
    return clusters, problems


def overview(run: Run, clusters: Sequence[Cluster]) -> Row:
    """The run's row of the table of all runs."""
    scores = next((list(one.own_scores[run.name]["query"].items()) for one, _ in clusters
                   if run.name in one.own_scores), [])
    five = [f"{score:.3f}" for count, score in scores if count == CLASSES]
    return (run.name, *(_recalls(run) + [NONE] * 3)[:3], *(five or [NONE]),
            f"{scores[-1][1]:.3f}" if scores else NONE, _share(run),
            *((f"{run.training[-1]['step']:.0f}", f"{run.training[-1]['loss']:.4g}") if run.training
              else (NONE, NONE)))


def retrieval_section(runs: Sequence[Run]) -> list[str]:
    """Recalls and the numbers of videos."""
    rows = [(run.name, next(iter(run.retrieval)).split("/")[0], *(_recalls(run) + [NONE] * 3)[:3],
             *(f"{_value(run, key):.0f}" for key in ("gallery", "queries")),
             percent(chance_recalls(run.features)[0]) if run.features else NONE)
            for run in runs if run.retrieval]
    header = ("run", "protocol", *HEADER[1:4], "gallery", "queries", "R@1 by chance")
    return [*([table("At least one of the nearest videos is of the query's class", header, rows)] if rows else []),
            *_lacking(runs, "retrieval")]


def clustering_section(clusters: Sequence[Cluster]) -> list[str]:
    """Silhouette scores and t-SNE of five classes."""
    parts = []
    for comparison, drawn in clusters:
        names = list(comparison.own)
        counts = list(comparison.own_scores[names[0]]["query"])
        for choice, scores in (("each run's own best-retrieved classes", comparison.own_scores),
                               ("the classes retrieved best by all runs", comparison.shared_scores)):
            rows = [(f"{name}, {SPLITS[split]}", *(f"{score:.3f}" for score in scores[name][split].values()))
                    for split in SPLITS for name in names]
            parts.append(table(f"Silhouette by the number of classes: {choice}", ("run", *map(str, counts)), rows))
        classes = comparison.shared[:CLASSES]
        words = ", ".join(drawn[0].run.classes[label] for label in classes)
        parts.append(picture(png(draw(drawn, classes)), f"t-SNE of {len(classes)} classes ({words}), test videos "
                             f"above, training videos below, one column a run: {', '.join(names)}"))
    return parts


def attention_section(runs: Sequence[Run]) -> list[str]:
    """Shares of attention on moving pixels, and the sheets."""
    found = [(run, run.attention["attention_on_motion"]) for run in runs if run.attention]
    rows = [(run.name, _share(run), *(percent(share[key]) if key in share else NONE
                                      for key in ("chance", "mask_at_map_resolution")),
             str(share.get("videos", NONE))) for run, share in found]
    header = ("run", "share", "if it were even", "of the moving pixels themselves, seen as coarsely", "videos")
    return [*([table("Share of attention on moving pixels", header, rows)] if rows else []),
            *(picture(run.saliency, f"Frames and attention of {run.name}: bright where the encoder looks, moving "
                      "pixels outlined") for run in runs if run.saliency),
            *_lacking(runs, "attention")]


def training_section(runs: Sequence[Run]) -> list[str]:
    """Losses, and the orders of the derivatives."""
    trained = [run for run in runs if run.training]
    ordered = [run for run in trained if all("vididi_order1" in line for line in run.training)]
    parts = []
    if trained:
        lasts = ", ".join(f"{run.name} {run.training[-1]['loss']:.4g}" for run in trained)
        parts.append(picture(png(curves(trained)), f"Logged losses over the steps; at the end: {lasts}"))
    if ordered:
        parts += [picture(png(orders(ordered)), "Orders of the derivatives of the two views over the epochs, at the "
                          "logged steps; the table below counts them"), orders_table(ordered)]
    parts += [paragraph(f"{run.name} was trained without ViDiDiHook: frames only.") for run in trained
              if run not in ordered]
    return parts + _lacking(runs, "training")


def orders_table(runs: Sequence[Run]) -> str:
    """How often each pair of orders was logged."""
    counts = [Counter((int(line["vididi_order1"]), int(line["vididi_order2"])) for line in run.training)
              for run in runs]
    pairs = sorted({pair for count in counts for pair in count})
    return table("Logged steps with each pair of orders", ("run", *map(str, pairs)),
                 [(run.name, *(str(count[pair]) for pair in pairs)) for run, count in zip(runs, counts, strict=True)])


def _recalls(run: Run) -> list[str]:
    return [percent(value) for key, value in run.retrieval.items() if "/top" in key]


def _value(run: Run, name: str) -> float:
    return next(value for key, value in run.retrieval.items() if key.endswith(name))


def _share(run: Run) -> str:
    return percent(run.attention["attention_on_motion"]["mean"]) if run.attention else NONE


def _lacking(runs: Sequence[Run], part: str) -> list[str]:
    return [paragraph(f"{run.name} {LACK[part]}.") for run in runs if not getattr(run, part)]


def markdown(rows: Sequence[Row]) -> str:
    """The table of all runs for the screen."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADER, ("---",) * len(HEADER), *rows)) + "\n"
