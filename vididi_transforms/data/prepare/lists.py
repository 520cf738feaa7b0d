"""From clips to MMAction2's lists and a report of unusable videos."""
import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from ..files import inside, write_json, write_text
from ..video_io import check, reencode
from ..video_lists.grammar import DELIMITERS, parse_line
from ..worker_processes import in_parallel
from .splits import Clip, Clips
from .video_folder import VideoFolder, stem_of


@dataclass(frozen=True)
class Settings:
    """How videos are checked or re-encoded, and listed.

    Args:
        reencode: folder for smaller copies of the videos, which the lists then name; None: the videos are listed as
            they are.
        short_side: shorter side of the copies, in pixels, even.
        gop: largest distance between two key frames of the copies, in frames.
        workers: number of processes.
        check: whether to decode the first frame of each video that is not re-encoded.
        delimiter: character between path and label, as in MMAction2's ``VideoDataset(delimiter=...)``. None: for each
            list, the first of space, tab, comma and semicolon that is in no path.

    Raises:
        ValueError: If a number is less than 1, the short side is odd, or the delimiter is not one character.
    """

    reencode: Path | None = None
    short_side: int = 150
    gop: int = 12
    workers: int = 1
    check: bool = True
    delimiter: str | None = None

    def __post_init__(self) -> None:
        if min(self.short_side, self.gop, self.workers) < 1 or self.short_side % 2:
            raise ValueError("numbers must be >= 1 and the short side even (H.264): got "
                             f"short_side={self.short_side}, gop={self.gop}, workers={self.workers}")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter must be one character: got {self.delimiter!r}")


@dataclass
class Report:
    """Numbers of videos in each list; missing and unreadable videos.

    Videos are named as in the split files.
    """

    lists: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    found_under_another_name: dict[str, str] = field(default_factory=dict)

    def write(self, out: Path, **more: Any) -> None:
        """Write ``report.json`` and print the summary."""
        write_json(out / "report.json", {**asdict(self), **more})
        for name, numbers in self.lists.items():
            print(f"{out / name}: {numbers['videos']} of {numbers['listed']} videos")
        print(f"{len(self.missing)} missing, {len(self.unreadable)} unreadable, "
              f"{len(self.found_under_another_name)} found under another name: see {out / 'report.json'}")


def locate(clips: Clips, folder: VideoFolder, report: Report) -> dict[str, Clip]:
    """Clips by their paths in the folder.

    Missing and renamed videos are added to the report.

    Raises:
        ValueError: If one file has two labels, or a name leads out of the folder.
    """
    from tqdm import tqdm

    found: dict[str, Clip] = {}
    for clip in tqdm(clips.values(), desc=f"{folder.root} (finding)", unit="video", delay=2):
        path = folder.find(clip.names)
        if path is None:
            report.missing.append(clip.names[0])
            continue
        if found.setdefault(path, clip).label != clip.label:
            raise ValueError(f"a video must have one label: got {found[path].label} and {clip.label} for {path!r}")
        if not _has_the_name(path, clip):
            report.found_under_another_name[clip.names[0]] = path
    return found


def check_any(found: dict[str, Clip], clips: Clips, folder: VideoFolder) -> None:
    """Raise a ValueError that says what is in the folder unless a video was found there."""
    if clips and not found:
        raise ValueError(folder.explain(next(iter(clips.values())).names))


def _has_the_name(path: str, clip: Clip) -> bool:
    name = PurePosixPath(path).name
    return not {name, stem_of(name)}.isdisjoint(PurePosixPath(entry).name for entry in clip.names)


def readable(found: dict[str, Clip], folder: VideoFolder, settings: Settings, report: Report) -> dict[str, str]:
    """The readable videos: their paths in the folder, and the paths to list.

    The paths to list are their own or those of their copies.

    Raises:
        ValueError: If the folder for the copies cannot be used; see also :func:`delimiter_for`.
        RuntimeError: As :func:`vididi_transforms.data.worker_processes.in_parallel`.
    """
    listed = _listed_paths(found, settings)
    jobs = {path: (folder.root / path, _copy(settings, target)) for path, target in listed.items()}
    todo = {path: (video, copy) for path, (video, copy) in jobs.items()
            if (settings.check if copy is None else not copy.exists())}
    work = partial(_work, short_side=settings.short_side, gop=settings.gop)
    text = "reading" if settings.reencode is None else f"{settings.reencode} (H.264)"
    errors = dict(zip(todo, in_parallel(work, list(todo.values()), settings.workers, text), strict=True))
    report.unreadable.update({found[path].names[0]: error for path, error in errors.items() if error})
    return {path: target for path, target in listed.items() if not errors.get(path)}


def _work(job: tuple[Path, Path | None], short_side: int, gop: int) -> str:
    video, copy = job
    return check(video) if copy is None else reencode(video, copy, short_side, gop)


def _copy(settings: Settings, name: str) -> Path | None:
    return inside(settings.reencode, name) if settings.reencode else None


def _listed_paths(found: dict[str, Clip], settings: Settings) -> dict[str, str]:
    if settings.reencode is not None:
        _same_settings(settings.reencode, {"short_side": settings.short_side, "gop": settings.gop})
        return _names_of_copies(list(found), settings.delimiter or " ")
    delimiter_for(list(found), settings)
    return {path: path for path in found}


def delimiter_for(paths: Collection[str], settings: Settings) -> str:
    """The delimiter of a list.

    Raises:
        ValueError: If a path holds it, or is read back as something else.
    """
    for delimiter in DELIMITERS.values() if settings.delimiter is None else (settings.delimiter,):
        bad = [path for path in paths if not _is_read_back(path, delimiter)]
        if not bad:
            return delimiter
    raise ValueError("the delimiter of a list must not be in its paths, and paths must not begin with a blank: got "
                     f"{delimiter!r} for {bad[0]!r}; use --reencode, which writes underscores, or another --delimiter")


def _is_read_back(path: str, delimiter: str) -> bool:
    return delimiter not in path and parse_line(f"{path}{delimiter}0") == (path, (0,))


def _names_of_copies(paths: list[str], delimiter: str) -> dict[str, str]:
    unwanted = re.compile(rf"[\s{re.escape(delimiter)}]")
    copies = {path: unwanted.sub("_", f"{PurePosixPath(stem_of(path))}.mp4") for path in paths}
    sources: dict[str, str] = {}
    for path, copy in copies.items():
        if sources.setdefault(copy, path) != path:
            raise ValueError(f"re-encoded videos need different names: got {copy!r} for {sources[copy]!r} and {path!r}")
    return copies


def _same_settings(folder: Path, settings: dict[str, int]) -> None:
    """Finished copies are kept, so the folder must not mix settings."""
    path = inside(folder, "reencode.json")
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else settings
    if before != settings:
        raise ValueError(f"{folder} must be used with the settings it was made with: {before}, got {settings}; "
                         "remove it or choose another folder")
    write_json(path, settings)


def write_list(path: Path, labels: dict[str, int], listed: int, settings: Settings, report: Report) -> None:
    """Write one list, a line ``path label`` per video.

    Args:
        path: the list.
        labels: labels by path.
        listed: number of videos in the official list.
        settings: see :class:`Settings`.
        report: gets the number of videos.

    Raises:
        ValueError: If there is no video.
    """
    if not labels:
        raise ValueError(f"{path.name} needs at least one video: none of {listed} is in the folder and readable")
    delimiter = delimiter_for(labels, settings)
    write_text(path, "".join(f"{name}{delimiter}{label}\n" for name, label in labels.items()))
    report.lists[path.name] = {"videos": len(labels), "listed": listed}


def write_lists(clips: dict[str, Clips], folders: dict[str, VideoFolder], names: dict[str, str], out: Path,
                settings: Settings) -> Report:
    """Write the lists of all subsets and ``report.json``.

    Args:
        clips: clips by subset.
        folders: folders of the videos by subset.
        names: file names of the lists by subset.
        out: folder for lists and report.
        settings: see :class:`Settings`.

    Raises:
        ValueError: See :func:`locate`, :func:`check_any`, :func:`readable` and :func:`write_list`.
    """
    report = Report()
    found = {subset: locate(clips[subset], folders[subset], report) for subset in clips}
    for subset in clips:
        check_any(found[subset], clips[subset], folders[subset])
    listed = {subset: readable(found[subset], folders[subset], settings, report) for subset in clips}
    for subset in clips:
        labels = {target: found[subset][path].label for path, target in listed[subset].items()}
        write_list(out / names[subset], labels, len(clips[subset]), settings, report)
    report.write(out)
    return report
