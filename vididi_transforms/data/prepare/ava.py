"""AVA 2.1 and 2.2: checks what ``AVADataset`` reads, and extracts frames."""
import argparse
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from ..files import inside, write_json
from ..number_options import add_numbers
from ..worker_processes import in_parallel
from .ava_frames import Window, extract
from .options import add_paths
from .splits import read_rows
from .video_folder import VideoFolder, safe_parts

ACTION_LISTS = {"2.1": "ava_action_list_v2.1_for_activitynet_2018.pbtxt",
                "2.2": "ava_action_list_v2.2_for_activitynet_2019.pbtxt"}
CONFIG = "vididi-vicreg-pretrained-r3d18_2xb16-8x4x1-20e_ava21-rgb.py"


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Options of ``vididi prepare ava``."""
    add_paths(parser, annotations=f"data/{name}/annotations", frames=f"data/{name}/rawframes", out=f"data/{name}",
              extract=None)
    parser.add_argument("--version", choices=tuple(ACTION_LISTS), default="2.1", help="default: %(default)s")
    add_numbers(parser, ("start", 900, "first second of the frames, AVADataset's timestamp_start"),
                ("end", 1800, "end of the frames in seconds, AVADataset's timestamp_end"),
                ("fps", 30, "frames per second"), ("short-side", 256, "shorter side of extracted frames, in pixels"),
                ("workers", 1, "processes that read videos"))


def run(args: argparse.Namespace) -> int:
    """Check and extract; exit code 1 if something is missing."""
    report = prepare_ava(args.annotations, args.frames, args.out, args.version,
                         Window(args.start, args.end, args.fps), args.extract, args.short_side, args.workers)
    print(f"Next: {_next_step(report, args)}")
    return 0 if report.complete else 1


def _next_step(report: "AvaReport", args: argparse.Namespace) -> str:
    if report.missing_files:
        return f"add the missing files to {args.annotations} and run this command again"
    if not report.complete and args.extract is None:
        return "run this command again with --extract, the folder of the videos"
    if not report.complete:
        return "add the videos that report.json names and run this command again"
    if args.version != "2.1":
        return f"train a detection config for AVA {args.version}"
    return f"mim train vididi_transforms {CONFIG} --launcher none --cfg-options load_from=CHECKPOINT"


@dataclass
class AvaReport:
    """What is missing, and why videos are unreadable."""

    videos: int = 0
    missing_files: list[str] = field(default_factory=list)
    missing_folders: list[str] = field(default_factory=list)
    missing_frames: dict[str, int] = field(default_factory=dict)
    missing_videos: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all that training and evaluation need is there."""
        return not (self.missing_files or self.missing_folders or self.missing_frames)

    def write(self, out: Path) -> None:
        """Write ``report.json`` and print the summary."""
        write_json(out / "report.json", asdict(self))
        for name in self.missing_files:
            print(f"missing file: {name}")
        print(f"{self.videos} videos: {len(self.missing_folders)} without frames, {len(self.missing_frames)} with too "
              f"few frames, {len(self.unreadable)} unreadable: see {out / 'report.json'}")


def annotation_files(version: str) -> list[str]:
    """Names of the files that MMAction2's configs of an AVA version read."""
    parts = [name.format(subset) for subset in ("train", "val") for name in (
        f"ava_{{}}_v{version}.csv", f"ava_{{}}_excluded_timestamps_v{version}.csv",
        "ava_dense_proposals_{}.FAIR.recall_93.9.pkl")]
    return [*parts, ACTION_LISTS[version]]


def video_ids(annotations: Path, version: str) -> list[str]:
    """The videos in those annotation files that exist, in alphabetical order.

    Raises:
        ValueError: If a line is not ``video_id,timestamp,x1,y1,x2,y2,action_id,person_id``, or an id is not a plain
            name.
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
    """Extract frames of videos that have none, then check annotations and frames.

    Args:
        annotations: folder of the official files and of the proposals.
        frame_root: folder of the frames, ``{video_id}/img_00001.jpg`` and so on.
        out: folder for ``report.json``.
        version: ``'2.1'`` or ``'2.2'``.
        window: see :class:`Window`.
        videos: folder of the videos; None: frames are only checked.
        short_side: shorter side of the frames, in pixels; smaller frames keep their size.
        workers: number of processes.

    Raises:
        ValueError: If a number is less than 1; see also :func:`video_ids`.
        RuntimeError: As :func:`vididi_transforms.data.worker_processes.in_parallel`.
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
    from tqdm import tqdm

    needed = set(window.names)
    for name in tqdm(ids, desc=f"{frame_root} (checking)", unit="video", delay=2):
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
    errors = in_parallel(work, jobs, workers, f"{frame_root} (JPEG)")
    report.unreadable = {target.name: error for (_, target), error in zip(jobs, errors, strict=True) if error}


def _extract_job(job: tuple[Path, Path], window: Window, short_side: int) -> str:
    return extract(*job, window, short_side)
