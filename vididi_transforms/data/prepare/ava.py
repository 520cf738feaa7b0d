"""AVA 2.1 and 2.2: whether everything that MMAction2's AVADataset reads is there, and the frames of the videos."""
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from ..files import inside, write_json
from ..video_io import in_parallel
from .ava_frames import Window, extract
from .splits import read_rows
from .video_folder import VideoFolder, safe_parts

ACTION_LISTS = {"2.1": "ava_action_list_v2.1_for_activitynet_2018.pbtxt",
                "2.2": "ava_action_list_v2.2_for_activitynet_2019.pbtxt"}


@dataclass
class AvaReport:
    """What is missing: annotation files, folders of frames, frames in a folder (number); why videos are unreadable."""

    videos: int = 0
    missing_files: list[str] = field(default_factory=list)
    missing_folders: list[str] = field(default_factory=list)
    missing_frames: dict[str, int] = field(default_factory=dict)
    missing_videos: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that training and evaluation need."""
        return not (self.missing_files or self.missing_folders or self.missing_frames)

    def write(self, out: Path) -> None:
        """Write ``report.json`` and print the summary."""
        write_json(out / "report.json", asdict(self))
        for name in self.missing_files:
            print(f"missing file: {name}")
        print(f"{self.videos} videos: {len(self.missing_folders)} without frames, {len(self.missing_frames)} with too "
              f"few frames, {len(self.unreadable)} unreadable: see {out / 'report.json'}")


def annotation_files(version: str) -> list[str]:
    """The files that MMAction2's configs of an AVA version name."""
    parts = [name.format(subset) for subset in ("train", "val") for name in (
        f"ava_{{}}_v{version}.csv", f"ava_{{}}_excluded_timestamps_v{version}.csv",
        "ava_dense_proposals_{}.FAIR.recall_93.9.pkl")]
    return [*parts, ACTION_LISTS[version]]


def video_ids(annotations: Path, version: str) -> list[str]:
    """The videos of the training and validation annotations that are there, in alphabetical order.

    Raises:
        ValueError: a line is not ``video_id,timestamp,x1,y1,x2,y2,action_id,person_id``, or an id is no plain name.
    """
    ids: set[str] = set()
    for path in (annotations / f"ava_{subset}_v{version}.csv" for subset in ("train", "val")):
        for row in read_rows(path) if path.is_file() else []:
            if len(row) != 8 or len(safe_parts(row[0])) != 1:
                raise ValueError(f"{path.name} needs lines 'video_id,timestamp,x1,y1,x2,y2,action_id,person_id': "
                                 f"got {','.join(row)!r}")
            ids.add(row[0])
    return sorted(ids)


def prepare_ava(annotations: Path, frame_root: Path, out: Path, version: str, window: Window,
                videos: Path | None = None, short_side: int = 256, workers: int = 1) -> AvaReport:
    """Check annotations and frames, after extracting the frames of videos whose folder is not there.

    Args:
        annotations: folder of the official files and of the proposals.
        frame_root: ``{video_id}/img_00001.jpg`` and so on.
        out: for ``report.json``.
        version: ``'2.1'`` or ``'2.2'``.
        window: see :class:`Window`.
        videos: folder to extract frames from; None: frames are only checked.
        short_side: of the frames, in pixels; smaller ones stay as they are.
        workers: processes.

    Raises:
        ValueError: see :func:`video_ids`; or a number is less than 1.
    """
    if min(short_side, workers) < 1:
        raise ValueError(f"numbers must be >= 1: got short_side={short_side}, workers={workers}")
    report = AvaReport(missing_files=[name for name in annotation_files(version) if not _there(annotations / name)])
    ids = video_ids(annotations, version)
    report.videos = len(ids)
    if videos is not None:
        _extract_all(ids, VideoFolder(videos, ignore_case=False), frame_root, window, short_side, workers, report)
    _check_frames(ids, frame_root, window, report)
    report.write(out)
    return report


def _there(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _check_frames(ids: list[str], frame_root: Path, window: Window, report: AvaReport) -> None:
    needed = set(window.names)
    for name in ids:
        folder = inside(frame_root, name)
        if not folder.is_dir():
            report.missing_folders.append(name)
        elif missing := len(needed - {path.name for path in folder.iterdir()}):
            report.missing_frames[name] = missing


def _extract_all(ids: list[str], folder: VideoFolder, frame_root: Path, window: Window, short_side: int,
                 workers: int, report: AvaReport) -> None:
    todo = [name for name in ids if not inside(frame_root, name).is_dir()]
    found = {name: folder.find((name,)) for name in todo}
    report.missing_videos = [name for name, path in found.items() if path is None]
    jobs = [(folder.root / path, frame_root / name) for name, path in found.items() if path is not None]
    work = partial(_extract_job, window=window, short_side=short_side)
    errors = in_parallel(work, jobs, workers, f"{frame_root} (JPEG)") if jobs else []
    report.unreadable = {target.name: error for (_, target), error in zip(jobs, errors, strict=True) if error}


def _extract_job(job: tuple[Path, Path], window: Window, short_side: int) -> str:
    return extract(*job, window, short_side)
