"""K200-40k: 200 classes of Kinetics-400 with 200 videos each."""
import argparse
import zlib
from pathlib import Path
from typing import Any

from ...pairs.keyed_random import keyed_generator
from ..files import write_json, write_text
from ..number_options import add_numbers
from .kinetics import add_train_paths, kinetics400, underscored
from .lists import Report, Settings, check_any, locate, readable, write_list
from .options import add_paths, add_video_options, print_next_step, settings_of
from .splits import Clip, read_lines
from .video_folder import VideoFolder

LIST = "k200-40k_train_list_videos.txt"


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Options of ``vididi prepare k200-40k``."""
    add_train_paths(parser, name)
    add_paths(parser, classes=None)
    add_numbers(parser, ("class-count", 200, "number of classes to choose"),
                ("videos-per-class", 200, "number of videos per class"),
                ("seed", 0, "seed of the choice of classes and videos"))
    add_video_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the list."""
    write_k200(args.train_csv, VideoFolder(args.train_videos, ignore_case=False), args.out, settings_of(args),
               args.classes, args.class_count, args.videos_per_class, args.seed)
    print_next_step(args, LIST, args.train_videos)
    return 0


def choose_classes(names: list[str], count: int, seed: int) -> list[str]:
    """Choose classes at random; returns them in alphabetical order.

    The choice depends only on the names and the seed.

    Raises:
        ValueError: If there are fewer names than ``count``.

    Example:
        >>> choose_classes(["c", "a", "b"], 2, seed=0) == choose_classes(["a", "b", "c"], 2, seed=0)
        True
    """
    if len(names) < count:
        raise ValueError(f"a choice of {count} classes needs as many: got {len(names)}")
    order = keyed_generator("k200-40k classes", seed).random(len(names)).argsort()
    return sorted(sorted(names)[index] for index in order[:count])


def given_classes(path: Path, names: list[str]) -> list[str]:
    """The classes in a file, one per line, in alphabetical order.

    Raises:
        ValueError: If the file is empty or has a class that is not among the names.
    """
    classes = sorted({underscored(line) for line in read_lines(path)})
    unknown = [name for name in classes if name not in names]
    if unknown or not classes:
        raise ValueError(f"{path.name} needs classes of Kinetics-400, one per line: got {', '.join(unknown) or 'none'}")
    return classes


def in_seeded_order(found: dict[str, Clip], name: str, seed: int) -> list[str]:
    """The paths of a class in random order.

    The order depends only on the videos and the seed. Every video has its own random number, so a missing video does
    not move the others.
    """
    key = {path: keyed_generator("k200-40k videos", seed, zlib.crc32(name.encode()),
                                 zlib.crc32(Path(clip.names[0]).name.encode())).random()
           for path, clip in found.items()}
    return sorted(found, key=lambda path: (key[path], path))


def write_k200(train_csv: Path, folder: VideoFolder, out: Path, settings: Settings, classes: Path | None = None,
               class_count: int = 200, videos_per_class: int = 200, seed: int = 0) -> Report:
    """Write the list of K200-40k, its classes, and how they were chosen.

    A video that is missing or unreadable is replaced by the next one of its class in the seeded order.

    Args:
        train_csv: csv file of Kinetics-400's training videos.
        folder: folder of these videos.
        out: folder for ``k200-40k_train_list_videos.txt``, ``k200-40k_classes.txt`` and ``k200-40k_choice.json``.
        settings: see :class:`Settings`.
        classes: file of the classes; None: ``class_count`` classes are chosen by the seed.
        class_count, videos_per_class: 200 and 200 for K200-40k.
        seed: seed of the choice of classes and videos.

    Raises:
        ValueError: If a number is less than 1; see also :func:`kinetics400`, :func:`given_classes`,
            :func:`choose_classes` and :func:`write_list`.
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
    check_any(found, wanted, folder)
    order = [in_seeded_order({path: clip for path, clip in found.items() if clip.label == label}, name, seed)
             for label, name in enumerate(chosen)]
    labels = _first_readable(order, videos_per_class, found, folder, settings, report)
    write_list(out / LIST, labels, len(chosen) * videos_per_class, settings, report)
    numbers = {name: list(labels.values()).count(label) for label, name in enumerate(chosen)}
    choice = {"seed": seed, "classes_from": "file" if classes else "seed", "videos_per_class": videos_per_class}
    _write_choice(out, choice, numbers, report)
    return report


def _write_choice(out: Path, choice: dict[str, Any], numbers: dict[str, int], report: Report) -> None:
    write_text(out / "k200-40k_classes.txt", "".join(f"{name}\n" for name in numbers))
    write_json(out / "k200-40k_choice.json", {**choice, "videos": numbers})
    report.write(out, seed=choice["seed"], classes_with_fewer_videos={
        name: number for name, number in numbers.items() if number < choice["videos_per_class"]})


def _first_readable(order: list[list[str]], count: int, found: dict[str, Clip], folder: VideoFolder,
                    settings: Settings, report: Report) -> dict[str, int]:
    """Labels by listed path, for the first ``count`` readable videos of each class."""
    listed: dict[str, str] = {}
    unreadable: set[str] = set()
    while True:
        first = [path for paths in order for path in [path for path in paths if path not in unreadable][:count]]
        new = {path: found[path] for path in first if path not in listed}
        if not new:
            return {listed[path]: found[path].label for path in first}
        listed.update(readable(new, folder, settings, report))
        unreadable.update(new.keys() - listed.keys())
