"""Clips found on disk to MMAction2's lists, and a report of what is missing."""
import json
import re
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from ..files import inside, write_json, write_text
from ..video_io import check, in_parallel, reencode
from .splits import Clip, Clips
from .video_folder import VideoFolder, stem_of

DELIMITERS = {"space": " ", "tab": "\t", "comma": ",", "semicolon": ";"}


@dataclass(frozen=True)
class Settings:
    """How videos are looked at and written down.

    Args:
        reencode: folder for smaller videos, which the lists then name; None: lists name the videos as they are.
        short_side: of these smaller videos, in pixels, even.
        gop: frames from one key frame to the next, at most.
        workers: processes.
        check: whether to decode the first frame of each video that is not re-encoded.
        delimiter: between path and label, as in MMAction2's ``VideoDataset(delimiter=...)``.

    Raises:
        ValueError: a number is less than 1, the short side is odd, or the delimiter is not one character.
    """

    reencode: Path | None = None
    short_side: int = 150
    gop: int = 12
    workers: int = 1
    check: bool = True
    delimiter: str = " "

    def __post_init__(self) -> None:
        if min(self.short_side, self.gop, self.workers) < 1 or self.short_side % 2:
            raise ValueError("numbers must be >= 1 and the short side even (H.264): got "
                             f"short_side={self.short_side}, gop={self.gop}, workers={self.workers}")
        if len(self.delimiter) != 1:
            raise ValueError(f"delimiter must be one character: got {self.delimiter!r}")


@dataclass
class Report:
    """What came out: videos in each list, and those that are not and why; the names are those of the split files."""

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
    """Clips by their paths in the folder; what is missing or has another name there is reported.

    Raises:
        ValueError: one file has two labels, or a name leads out of the folder.
    """
    found: dict[str, Clip] = {}
    for clip in clips.values():
        path = folder.find(clip.names)
        if path is None:
            report.missing.append(clip.names[0])
        else:
            if found.setdefault(path, clip).label != clip.label:
                raise ValueError(f"a video must have one label: got {found[path].label} and {clip.label} for {path!r}")
            if path not in clip.names and stem_of(path) not in clip.names:
                report.found_under_another_name[clip.names[0]] = path
    return found


def readable(found: dict[str, Clip], folder: VideoFolder, settings: Settings, report: Report) -> dict[str, int]:
    """Labels by the paths to write into a list: of the videos as they are, or of the re-encoded ones.

    Raises:
        ValueError: a path holds the delimiter, or the folder for re-encoded videos cannot be used.
    """
    targets = _targets(found, settings)
    jobs = [(folder.root / path, _target(settings, target)) for path, target in targets.items()]
    todo = [job for job in jobs if job[1] is None or not job[1].exists()]
    if settings.reencode is None and not settings.check:
        todo = []
    work = partial(_work, short_side=settings.short_side, gop=settings.gop)
    text = "reading" if settings.reencode is None else f"{settings.reencode} (H.264)"
    errors = dict(zip(todo, in_parallel(work, todo, settings.workers, text) if todo else [], strict=True))
    for clip, job in zip(found.values(), jobs, strict=True):
        if errors.get(job):
            report.unreadable[clip.names[0]] = errors[job]
    return {targets[path]: clip.label for path, clip in found.items() if clip.names[0] not in report.unreadable}


def _work(job: tuple[Path, Path | None], short_side: int, gop: int) -> str:
    source, target = job
    return check(source) if target is None else reencode(source, target, short_side, gop)


def _target(settings: Settings, name: str) -> Path | None:
    return inside(settings.reencode, name) if settings.reencode else None


def _targets(found: dict[str, Clip], settings: Settings) -> dict[str, str]:
    """From paths in the folder to paths in the list."""
    if settings.reencode is None:
        for path in found:
            if settings.delimiter in path:
                raise ValueError(f"paths in a list must not hold its delimiter {settings.delimiter!r}: got {path!r}; "
                                 "--reencode writes underscores, --delimiter takes another one")
        return {path: path for path in found}
    _same_settings(settings)
    unwanted = re.compile(rf"[\s{re.escape(settings.delimiter)}]")
    targets = {path: unwanted.sub("_", f"{PurePosixPath(stem_of(path))}.mp4") for path in found}
    sources: dict[str, str] = {}
    for path, target in targets.items():
        if sources.setdefault(target, path) != path:
            raise ValueError(f"re-encoded videos need different names: got {target!r} for {sources[target]!r} and "
                             f"{path!r}")
    return targets


def _same_settings(settings: Settings) -> None:
    """Finished files are kept, so that a folder must not mix sizes."""
    if settings.reencode is None:
        return
    path, now = inside(settings.reencode, "reencode.json"), {"short_side": settings.short_side, "gop": settings.gop}
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else now
    if before != now:
        raise ValueError(f"{settings.reencode} must be used with the settings it was made with: {before}, got {now}")
    write_json(path, now)


def write_list(path: Path, labels: dict[str, int], listed: int, delimiter: str, report: Report) -> None:
    """Write one list, a line ``path label`` for each video.

    Raises:
        ValueError: there is no video to write down.
    """
    if not labels:
        raise ValueError(f"{path.name} needs at least one video: none of {listed} is in the folder and readable")
    write_text(path, "".join(f"{name}{delimiter}{label}\n" for name, label in labels.items()))
    report.lists[path.name] = {"videos": len(labels), "listed": listed}


def write_lists(clips: dict[str, Clips], folders: dict[str, VideoFolder], names: dict[str, str], out: Path,
                settings: Settings) -> Report:
    """Write the lists of all subsets and ``report.json``.

    Args:
        clips: of each subset.
        folders: of each subset.
        names: file names of the lists of each subset.
        out: folder for lists and report.
        settings: see :class:`Settings`.

    Raises:
        ValueError: see :class:`VideoFolder`, :func:`readable` and :func:`write_list`.
    """
    report = Report()
    found = {subset: locate(clips[subset], folders[subset], report) for subset in clips}
    labels = {subset: readable(found[subset], folders[subset], settings, report) for subset in clips}
    for subset in clips:
        write_list(out / names[subset], labels[subset], len(clips[subset]), settings.delimiter, report)
    report.write(out)
    return report
