"""What the recipes' readers and MMAction2's stock transforms return for each kind of bad or odd video."""
import faulthandler
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import av
import cv2
import decord  # noqa: F401 - imported before root gives up its rights
import numpy as np
from bad_videos import KINDS, write_kinds
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from video_files import number_of

import vididi_transforms.mmaction2  # noqa: F401 - registers ReadVideo
from vididi_transforms.data.worker_processes import WorkerProcess

OURS, STOCK = ("pyav", "opencv"), ("Decord", "PyAV", "OpenCV")
READERS = (*OURS, *STOCK)
SAMPLINGS = (dict(test_mode=True), *(dict(seed=seed) for seed in range(3)))
GOOD, HANGS, CRASH = "good", "hangs", "crash"


def read(path, reader, sampling):
    """Read two clips of 8 frames.

    Returns the video's length, and the frames' indices, numbers, turns and sizes.

    Args:
        reader: one of ``READERS``.
        sampling: one of :data:`SAMPLINGS`.
    """
    faulthandler.disable()  # pytest's; crashes are expected
    sampling = dict(sampling)
    np.random.seed(sampling.pop("seed", 0))
    sample = dict(type="SampleFrames", clip_len=8, frame_interval=4, num_clips=2, **sampling)
    if os.geteuid() == 0:
        os.seteuid(65534)  # root may read what is forbidden
    with DefaultScope.overwrite_default_scope("mmaction"):
        transforms = [dict(type="ReadVideo", sample=sample, reader=reader)] if reader in OURS else [
            dict(type=f"{reader}Init"), sample, dict(type=f"{reader}Decode")]
        results = Compose(transforms)(dict(filename=str(path), start_index=0))
    return (results["total_frames"], results["frame_inds"].tolist(),
            [[number_of(np.rot90(image, turns)) for image in results["imgs"]] for turns in range(4)],
            {image.shape[1::-1] for image in results["imgs"]})


def outcome(kind, total, indices, numbers, sizes):
    """Compare the frames with the expected ones; the result in words."""
    right = KINDS[kind].numbers
    expected = [right[index] if index < len(right) else None for index in indices]
    if len(sizes) > 1:
        return "wrong: several sizes"
    if set(indices) == {0} and len(right) > 1:
        return "wrong: the first frame only"
    if numbers[0] != expected:
        return "wrong: not turned" if expected in numbers and "turned" in kind else "wrong: other frames"
    if sizes != {KINDS[kind].size}:
        return "wrong: another size"
    return GOOD if total == len(right) else f"good, of {total} frames"


def outcomes(kind, path, reader):
    """The different outcomes over all samplings."""
    process = WorkerProcess(lambda sampling: read(path, reader, sampling), timeout=30)
    found = {}
    for sampling in SAMPLINGS:
        try:
            found[outcome(kind, *process(sampling))] = None
        except TimeoutError:
            found[HANGS] = None
        except RuntimeError as error:
            found[CRASH if "died" in str(error) else f"`{str(error).split(':')[0]}`"] = None
    process.stop()
    return list(found)


def results():
    """Outcomes by kind and reader."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return {(kind, reader): outcomes(kind, path, reader)
                for kind, path in write_kinds(folder, KINDS).items() for reader in READERS}


def is_wrong(words):
    return any(word.startswith("wrong") for word in words)


def table(found):
    """The table of docs/bad_videos.md."""
    versions = f"stock Decord {version('decord')} | stock PyAV {av.__version__} | stock OpenCV {cv2.__version__}"
    lines = [f"| kind | `pyav` | `opencv` | {versions} | `vididi verify` |", "|---" * 7 + "|"]
    for kind in KINDS:
        cells = (" or ".join(found[kind, reader]) for reader in READERS)
        lines.append(f"| `{kind}`: {KINDS[kind].reason} | {' | '.join(cells)} | {KINDS[kind].fault or 'good'} |")
    return "\n".join(lines)
