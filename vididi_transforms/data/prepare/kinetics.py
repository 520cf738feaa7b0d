"""Kinetics-400 from its csv files, and K200-40k: 200 of its classes with 200 videos each."""
import zlib
from pathlib import Path

from ...pairs.keyed_random import keyed_generator
from ..files import write_json, write_text
from .lists import Report, Settings, locate, readable, write_list
from .splits import Clip, Clips, add, disjoint, read_lines, read_rows
from .video_folder import VideoFolder

COLUMNS = ("label", "youtube_id", "time_start", "time_end")


def kinetics400(train_csv: Path, val_csv: Path | None = None) -> dict[str, Clips]:
    """The official csv files (``label,youtube_id,time_start,time_end,split``); more columns do not matter.

    Labels are the classes of the training videos in alphabetical order, with underscores for spaces as in MMAction2.
    A video is ``{id}_{start:06d}_{end:06d}`` with any suffix, in a folder of its class or in none.

    Raises:
        ValueError: a column is missing, a time is no number, a class is in ``val_csv`` only, or there is no video.
    """
    rows = {"train": _rows(train_csv, "train")}
    labels = {name: label for label, name in enumerate(sorted({underscored(row["label"]) for row in rows["train"]}))}
    if val_csv is not None:
        rows["val"] = _rows(val_csv, "val")
    clips: dict[str, Clips] = {}
    for subset, videos in rows.items():
        clips[subset] = {}
        for row in videos:
            add(clips[subset], _clip(row, labels))
    return disjoint(clips)


def _rows(path: Path, subset: str) -> list[dict[str, str]]:
    names, *lines = read_rows(path) or [[]]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(f"{path.name} needs columns {', '.join(COLUMNS)}: {', '.join(missing)} is missing")
    needed = 1 + max(names.index(name) for name in COLUMNS)
    for line in lines:
        if len(line) < needed:
            raise ValueError(f"{path.name} needs rows of {needed} columns or more: got {','.join(line)!r}")
    # One file may hold all subsets; val is also called validate.
    rows = [dict(zip(names, line, strict=False)) for line in lines]
    rows = [row for row in rows if (row.get("split") or subset).startswith(subset)]
    if not rows:
        raise ValueError(f"{path.name} must have videos of split {subset!r}: got none")
    return rows


def _clip(row: dict[str, str], labels: dict[str, int]) -> Clip:
    try:
        start, end = (int(float(row[name])) for name in ("time_start", "time_end"))
    except (OverflowError, ValueError):
        raise ValueError(f"times must be numbers of seconds: got {row['time_start']!r} and {row['time_end']!r} "
                         f"for {row['youtube_id']!r}") from None
    stem, name = f"{row['youtube_id']}_{start:06d}_{end:06d}", underscored(row["label"])
    if name not in labels:
        raise ValueError(f"classes of val must be classes of train: got {row['label']!r}")
    return Clip(tuple(dict.fromkeys((f"{name}/{stem}", f"{name.replace('_', ' ')}/{stem}", stem))), labels[name])


def underscored(label: str) -> str:
    """A class name as MMAction2 writes it.

    Example:
        >>> underscored('"air drumming"')
        'air_drumming'
    """
    return label.strip().replace('"', "").replace(" ", "_")


def choose_classes(names: list[str], count: int, seed: int) -> list[str]:
    """A choice that depends on the names and the seed only, in alphabetical order.

    Raises:
        ValueError: there are fewer names.

    Example:
        >>> choose_classes(["c", "a", "b"], 2, seed=0) == choose_classes(["a", "b", "c"], 2, seed=0)
        True
    """
    if len(names) < count:
        raise ValueError(f"a choice of {count} classes needs as many: got {len(names)}")
    order = keyed_generator("k200-40k classes", seed).random(len(names)).argsort()
    return sorted(sorted(names)[index] for index in order[:count])


def given_classes(path: Path, names: list[str]) -> list[str]:
    """The classes of a file, one a line, in alphabetical order.

    Raises:
        ValueError: the file is empty or has a class that is not among the names.
    """
    classes = sorted({underscored(line) for line in read_lines(path)})
    unknown = [name for name in classes if name not in names]
    if unknown or not classes:
        raise ValueError(f"{path.name} needs classes of Kinetics-400, one a line: got {', '.join(unknown) or 'none'}")
    return classes


def in_seeded_order(found: dict[str, Clip], name: str, seed: int) -> list[str]:
    """Paths of a class in an order that depends on which videos there are and the seed only.

    Every video has its own random number, so that a missing one changes no other's place.
    """
    key = {path: keyed_generator("k200-40k videos", seed, zlib.crc32(name.encode()),
                                 zlib.crc32(Path(clip.names[0]).name.encode())).random()
           for path, clip in found.items()}
    return sorted(found, key=lambda path: (key[path], path))


def write_k200(train_csv: Path, folder: VideoFolder, out: Path, settings: Settings, classes: Path | None = None,
               class_count: int = 200, videos_per_class: int = 200, seed: int = 0) -> Report:
    """Write the list of K200-40k, its classes and how they were chosen.

    A video that is missing or unreadable is replaced by the next one of its class in the seeded order.

    Args:
        train_csv: of Kinetics-400.
        folder: its training videos.
        out: for ``k200-40k_train_list_videos.txt``, ``k200-40k_classes.txt``, ``k200-40k_choice.json``.
        settings: see :class:`Settings`.
        classes: file of classes; None: ``class_count`` classes chosen by the seed.
        class_count, videos_per_class: 200 and 200 are K200-40k.
        seed: of classes and videos.

    Raises:
        ValueError: a number is less than 1; see also :func:`kinetics400`, :func:`given_classes`,
            :func:`choose_classes` and what ``write_lists`` raises.
    """
    if min(class_count, videos_per_class) < 1:
        raise ValueError(f"numbers must be >= 1: got class_count={class_count}, videos_per_class={videos_per_class}")
    clips, report = kinetics400(train_csv)["train"], Report()
    name_of = {clip.label: clip.names[0].split("/")[0] for clip in clips.values()}
    names = list(name_of.values())
    chosen = given_classes(classes, names) if classes else choose_classes(names, class_count, seed)
    wanted = {entry: clip._replace(label=chosen.index(name_of[clip.label])) for entry, clip in clips.items()
              if name_of[clip.label] in chosen}
    found = locate(wanted, folder, report)
    order = [in_seeded_order({path: clip for path, clip in found.items() if clip.label == label}, name, seed)
             for label, name in enumerate(chosen)]
    labels = _first_readable(order, videos_per_class, found, folder, settings, report)
    write_list(out / "k200-40k_train_list_videos.txt", labels, len(chosen) * videos_per_class, settings.delimiter,
               report)
    write_text(out / "k200-40k_classes.txt", "".join(f"{name}\n" for name in chosen))
    numbers = {name: list(labels.values()).count(label) for label, name in enumerate(chosen)}
    write_json(out / "k200-40k_choice.json", {"seed": seed, "classes_from": "file" if classes else "seed",
                                              "videos_per_class": videos_per_class, "videos": numbers})
    report.write(out, seed=seed, classes_with_fewer_videos={
        name: number for name, number in numbers.items() if number < videos_per_class})
    return report


def _first_readable(order: list[list[str]], count: int, found: dict[str, Clip], folder: VideoFolder,
                    settings: Settings, report: Report) -> dict[str, int]:
    """Take the first videos of each class, and the next where one turns out to be unreadable."""
    labels: dict[str, dict[str, int]] = {}  # what readable() made of each path
    while True:
        first = [path for paths in order for path in
                 [path for path in paths if found[path].names[0] not in report.unreadable][:count]]
        new = [path for path in first if path not in labels]
        if not new:
            return {name: label for path in first for name, label in labels[path].items()}
        for path in new:
            labels[path] = {}
        good = readable({path: found[path] for path in new}, folder, settings, report)
        kept = [path for path in new if found[path].names[0] not in report.unreadable]
        for path, (name, label) in zip(kept, good.items(), strict=True):
            labels[path] = {name: label}
