"""Trains, measures and compares for ``vididi demo``."""
import argparse
from pathlib import Path

from ...analysis.report import write_report
from ...analysis.retrieval_page import write_retrieval_page
from ...data.files import write_json
from ...data.motion_videos import write_dataset
from ...evaluation.features import read_runs
from ...evaluation.provenance import provenance
from ...evaluation.tables import percent
from .model_card import write_model
from .picture import draw
from .processes import Processes
from .results import TEST, TRAIN, chance, table
from .runs import METHODS, Scores, measure

DATA = Path("data/motion")  # where the demo's configs expect the videos
QUERIES = 40  # shown in retrieval.html


def run(args: argparse.Namespace) -> None:
    """Train, measure, write and print the results.

    Raises:
        ValueError: If ``data/motion`` holds another dataset.
    """
    args.out.mkdir(parents=True, exist_ok=True)
    print("Two trainings side by side, with R@1 every 8 epochs, and three tests: ten minutes on two cores", flush=True)
    write_videos()
    measured, seconds = measure(args.out, args.cfg_options)
    results = {"chance": chance(), **measured}
    made = provenance("vididi")
    write_json(args.out / "results.json", {**results, "seconds": seconds, "run": made})
    print(table(results, seconds))
    runs = [args.out / name for name in results if name != "chance"]
    draw(runs[1:], args.out / "demo.png")
    write_retrieval_page(read_runs(runs), args.out / "retrieval.html", queries=QUERIES)
    print(write_report(runs, args.out / "report.html", "Motion videos: VICReg and ViDiDi-VICReg"))
    write_model(Processes(args.out), METHODS[-1], results, made)
    print(summary(results, args.out))


def write_videos() -> None:
    """Write the motion videos unless they exist.

    Raises:
        ValueError: If the folder holds another dataset.
    """
    if not (DATA / "test.txt").exists():
        write_dataset(DATA, TRAIN, TEST)
    for name, videos in (("train", TRAIN), ("test", TEST)):
        found = len((DATA / f"{name}.txt").read_text().splitlines())
        if found != videos:
            raise ValueError(f"{DATA / name}.txt must list the demo's {videos} videos: it lists {found}; remove {DATA}")


def summary(results: dict[str, Scores], out: Path) -> str:
    """The result in a sentence, and where to look next."""
    chance, vicreg, vididi = (percent(results[name]["top1"]) for name in ("chance", *METHODS))
    return (f"The nearest training video shows the same motion for {vididi} of the test videos with ViDiDi, for "
            f"{vicreg} without it, and for {chance} by chance.\n"
            f"Next: open {out / 'retrieval.html'} (clips) and {out / 'report.html'} in a browser; "
            f"figure: {out / 'demo.png'}, numbers: {out / 'results.json'}, "
            f"model: {out / METHODS[-1]}")
