"""Kinetics-400 from its csv files."""
import argparse
from pathlib import Path

from .lists import write_lists
from .options import add_paths, add_video_options, print_next_step, settings_of
from .splits import Clip, Clips, add, disjoint, read_rows
from .video_folder import VideoFolder

COLUMNS = ("label", "youtube_id", "time_start", "time_end")


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Options of ``vididi prepare kinetics400``."""
    add_train_paths(parser, name)
    add_paths(parser, val_csv=None, val_videos=None)
    add_video_options(parser)


def add_train_paths(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the paths of the training videos, which ``k200-40k`` needs too."""
    add_paths(parser, train_csv="data/kinetics400/annotations/kinetics_train.csv",
              train_videos="data/kinetics400/videos_train", out=f"data/{name}")


def run(args: argparse.Namespace) -> int:
    """Write the lists."""
    if (args.val_csv is None) != (args.val_videos is None):
        raise ValueError("--val-csv and --val-videos must come together: got one of them")
    clips = kinetics400(args.train_csv, args.val_csv)
    roots = {"train": args.train_videos, "val": args.val_videos}
    folders = {subset: VideoFolder(roots[subset], ignore_case=False) for subset in clips}
    names = {subset: f"kinetics400_{subset}_list_videos.txt" for subset in clips}
    write_lists(clips, folders, names, args.out, settings_of(args))
    print_next_step(args, names["train"], args.train_videos)
    return 0


def kinetics400(train_csv: Path, val_csv: Path | None = None) -> dict[str, Clips]:
    """Read the official csv files.

    Their columns are ``label,youtube_id,time_start,time_end,split``; others are ignored.

    Labels follow the alphabetical order of the training classes, whose names have underscores for spaces as in
    MMAction2. A video is ``{id}_{start:06d}_{end:06d}`` with any suffix, in a folder named after its class or in none.

    Raises:
        ValueError: If a column is missing, a time is not a number, a class is only in ``val_csv``, or there is no
            video.
    """
    rows = {"train": _rows(train_csv, "train")}
    labels = {name: label for label, name in enumerate(sorted({underscored(row["label"]) for row in rows["train"]}))}
    if val_csv is not None:
        rows["val"] = _rows(val_csv, "val")
    clips: dict[str, Clips] = {subset: {} for subset in rows}
    for subset, videos in rows.items():
        for row in videos:
            add(clips[subset], _clip(row, labels))
    return disjoint(clips)


def _rows(path: Path, subset: str) -> list[dict[str, str]]:
    """The rows of one subset.

    A file may hold several subsets, and ``val`` is also called ``validate``.
    """
    names, *lines = read_rows(path) or [[]]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(f"{path.name} needs columns {', '.join(COLUMNS)}: {', '.join(missing)} is missing")
    needed = 1 + max(names.index(name) for name in COLUMNS)
    for line in lines:
        if len(line) < needed:
            raise ValueError(f"{path.name} needs rows of {needed} columns or more: got {','.join(line)!r}")
    rows = [dict(zip(names, line, strict=False)) for line in lines]
    rows = [row for row in rows if (row.get("split") or subset).startswith(subset)]
    if not rows:
        raise ValueError(f"{path.name} must have videos of split {subset!r}: got none")
    return rows


def _clip(row: dict[str, str], labels: dict[str, int]) -> Clip:
    name = underscored(row["label"])
    if name not in labels:
        raise ValueError(f"classes of val must be classes of train: got {row['label']!r}")
    stem = f"{row['youtube_id']}_{_seconds(row, 'time_start'):06d}_{_seconds(row, 'time_end'):06d}"
    folders = dict.fromkeys((f"{name}/", f"{name.replace('_', ' ')}/", ""))
    return Clip(tuple(f"{folder}{stem}" for folder in folders), labels[name])


def _seconds(row: dict[str, str], name: str) -> int:
    try:
        return int(float(row[name]))
    except (OverflowError, ValueError):
        raise ValueError(f"times must be numbers of seconds: got {name} {row[name]!r} for {row['youtube_id']!r}"
                         ) from None


def underscored(label: str) -> str:
    """A class name as MMAction2 writes it.

    Example:
        >>> underscored('"air drumming"')
        'air_drumming'
    """
    return label.strip().replace('"', "").replace(" ", "_")
