"""How well the classes of the runs separate, and this section of the report."""
from collections.abc import Sequence
from importlib.util import find_spec

from ...evaluation.clustering import Comparison, Panel, compare, draw, panels, silhouette_table
from ...evaluation.features import FeatureSet
from ..html import paragraph, picture, table
from .figures import png
from .work_dirs import Run

CLASSES = 5  # in the t-SNE and in the first table
Cluster = tuple[Comparison, list[Panel]]


def cluster_runs(runs: Sequence[Run]) -> tuple[list[Cluster], list[str]]:
    """Scores and t-SNE of each group of runs with the same videos.

    Also returns a paragraph for each group for which they cannot be computed.
    """
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
        except ValueError as error:  # such as too few videos; the other sections are still shown
            problems.append(paragraph(f"Not computed for {', '.join(run.name for run in group)}: {error}"))
    return clusters, problems


def clustering_section(clusters: Sequence[Cluster]) -> list[str]:
    """Silhouette scores, and t-SNE of five classes."""
    parts = []
    for comparison, drawn in clusters:
        parts.append(table("Silhouette by the number of classes", *silhouette_table(comparison)))
        classes = comparison.shared[:CLASSES]
        names = ", ".join(drawn[0].run.classes[label] for label in classes)
        parts.append(picture(png(draw(drawn, classes)), f"t-SNE of {len(classes)} classes ({names}), test videos "
                             f"above, training videos below, one column per run: {', '.join(comparison.own)}"))
    return parts
