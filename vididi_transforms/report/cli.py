"""The command line."""
import argparse
from pathlib import Path

from .sections import write_report

TEXT = """Several runs beside each other, in one HTML file that needs nothing beside itself.

    python -m vididi_transforms.report work_dirs/vicreg work_dirs/vididi-vicreg --out report.html

Reads what mim train and mim test have left in the work dirs: retrieval, losses, the orders over epochs; of features.npz
silhouette scores and t-SNE; of saliency.json and saliency.png the share of attention on motion. Prints a table.
"""


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m vididi_transforms.report", description=TEXT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work_dirs", type=Path, nargs="+", metavar="WORK_DIR", help="of mim train and mim test")
    parser.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE",
                        help="the page (default: %(default)s)")
    args = parser.parse_args(argv)
    try:
        print(write_report(args.work_dirs, args.out))
    except ImportError as error:
        parser.error(f"a report needs: pip install 'vididi-transforms[analysis]' (got: {error})")
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(f"Written: {args.out}")
