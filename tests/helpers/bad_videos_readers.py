"""What stock readers and ReadVideo return for each kind of bad or odd video."""
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

from vididi_transforms.data.worker_processes import WorkerProcess
from vididi_transforms.mmaction2.datasets.readers import READERS

SAMPLINGS = (dict(test_mode=True), *(dict(seed=seed) for seed in range(3)))
GOOD, HANGS, CRASH = "good", "hangs", "crash"


def read(path, reader, sampling, checked):
    """Read two clips of 8 frames.

    Returns the video's length, and the frames' indices, numbers and sizes.

    Args:
        reader: a name in ``READERS``.
        sampling: one of :data:`SAMPLINGS`.
        checked: whether to use ReadVideo in place of the stock transforms.
    """
    faulthandler.disable()  # pytest's; crashes are expected
    sampling = dict(sampling)
    np.random.seed(sampling.pop("seed", 0))
    sample = dict(type="SampleFrames", clip_len=8, frame_interval=4, num_clips=2, **sampling)
    if os.geteuid() == 0:
        os.seteuid(65534)  # root may read what is forbidden
    with DefaultScope.overwrite_default_scope("mmaction"):
        transforms = [dict(type="ReadVideo", sample=sample, reader=reader)] if checked else [
            dict(type=READERS[reader].INIT), sample, dict(type=READERS[reader].DECODE)]
        results = Compose(transforms)(dict(filename=str(path), start_index=0))
    return (results["total_frames"], results["frame_inds"].tolist(), [upright(image) for image in results["imgs"]],
            {image.shape[1::-1] for image in results["imgs"]})


def upright(image):
    """The number shown in a frame, also after a quarter turn."""
    return next((number for turns in (0, 1, 3) if (number := number_of(np.rot90(image, turns))) is not None), None)


def outcome(kind, total, indices, numbers, sizes):
    """Compare the frames with the expected ones; the result in words."""
    right = KINDS[kind].numbers
    if len(sizes) > 1:
        return "wrong: several sizes"
    size = KINDS[kind].size
    if sizes not in ({size}, {size[::-1]}):
        return "wrong: another size"
    if set(indices) == {0} and len(right) > 1:
        return "wrong: the first frame only"
    if numbers != [right[index] if index < len(right) else None for index in indices]:
        return "wrong: other frames"
    if sizes != {size}:
        return "good, turned"
    return GOOD if total == len(right) else f"good, of {total} frames"


def outcomes(kind, path, reader, checked):
    """The different outcomes over all samplings."""
    process = WorkerProcess(lambda sampling: read(path, reader, sampling, checked), timeout=30)
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
    """Outcomes by kind, reader and whether ReadVideo is used."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return {(kind, reader, checked): outcomes(kind, path, reader, checked)
                for kind, path in write_kinds(folder, KINDS).items() for reader in READERS for checked in (False, True)}


def is_wrong(words):
    return any(word.startswith("wrong") for word in words)


def table(found):
    """The table of docs/bad_videos.md."""
    versions = f"Decord {version('decord')} | PyAV {av.__version__} | OpenCV {cv2.__version__}"
    lines = [f"| kind | {versions} | `vididi verify` |", "|---|---|---|---|---|"]
    for kind in KINDS:
        cells = (cell(found[kind, reader, False], found[kind, reader, True]) for reader in READERS)
        lines.append(f"| `{kind}`: {KINDS[kind].reason} | {' | '.join(cells)} | {KINDS[kind].fault or 'good'} |")
    return "\n".join(lines)


def cell(stock, checked):
    return " or ".join(stock) + " (`ReadVideo`: an error)" * (is_wrong(stock) and not is_wrong(checked))
