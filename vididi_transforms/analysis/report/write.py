"""The report as a file."""
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ...data.files import write_text
from ...evaluation.tables import markdown_table
from ..html import page, paragraph, table
from .clusters import cluster_runs, clustering_section
from .overview import overview_header, overview_rows, recall_columns
from .sections import attention_section, lacking, other_metrics, recall_section, retrieval_section, training_section
from .work_dirs import read_run


def write_report(folders: Sequence[str | Path], out: Path, title: str = "Runs side by side") -> str:
    """Write the HTML file.

    Args:
        folders: work dirs, each with a name of its own.
        out: path of the HTML file.
        title: title of the page.

    Returns:
        The table of all runs as Markdown; a second table if the runs have other metrics than retrieval.

    Raises:
        FileNotFoundError: If a folder does not exist.
        ValueError: If a folder is not a work dir, or two have the same name.
    """
    runs = [read_run(folder) for folder in folders]
    repeated = [name for name, count in Counter(run.name for run in runs).items() if count > 1]
    if repeated:
        raise ValueError(f"work dirs need different names: got {', '.join(repeated)} more than once")
    clusters, problems = cluster_runs(runs)
    columns, others = recall_columns(runs), other_metrics(runs)
    header, rows = overview_header(columns), [row for run in runs for row in overview_rows(run, clusters, columns)]
    sections = {
        "All runs": [*recall_section(runs),
                     table("Recall of test videos among training videos; silhouette of the test videos, of each run's "
                           "best-retrieved classes", header, rows)],
        "Video retrieval": retrieval_section(runs),
        **({"Other metrics": [table("Every other metric of the last test or validation", *others)]} if others else {}),
        "Clustering": [*clustering_section(clusters), *problems, *lacking(runs, "features")],
        "Attention": attention_section(runs),
        "Training": training_section(runs),
        "This report": [paragraph(f"{date.today().isoformat()}, from {', '.join(map(str, folders))}")],
    }
    write_text(out, page(title, sections))
    return markdown_table(header, rows) + (f"\n{markdown_table(*others)}" if others else "")
