"""Files for the comparison of readers: encodings of one generated video, and the bad and odd videos of the tests."""
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

os.environ["SVT_LOG"] = "1"  # errors only
RATE = 25
FAST = {"g": "12", "bf": "0", "tune": "fastdecode", "crf": "18"}


class Encoding(NamedTuple):
    """How the generated video is stored."""

    suffix: str
    codec: str
    options: dict[str, str]
    size: tuple[int, int] = (454, 256)
    flags: str = ""


ENCODINGS = {
    "H.264, MP4": Encoding(".mp4", "libx264", {}),
    "H.264, a key frame every 48, closed": Encoding(".mp4", "libx264", {"g": "48", "x264-params": "open-gop=0"}),
    "H.264, a key frame every 48, open": Encoding(".mp4", "libx264", {"g": "48", "x264-params": "open-gop=1"}),
    "H.264, every 12, no B frames, 150 high": Encoding(".mp4", "libx264", FAST, (266, 150)),
    "H.264, fragmented MP4": Encoding(".mp4", "libx264", {}, flags="frag_keyframe+empty_moov"),
    "H.264, MPEG-TS": Encoding(".ts", "libx264", {}),
    "HEVC, MP4": Encoding(".mp4", "libx265", {"x265-params": "log-level=error:pools=none"}),
    "AV1, Matroska": Encoding(".mkv", "libsvtav1", {"preset": "10", "svtav1-params": "lp=1"}),
    "VP9, WebM": Encoding(".webm", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "b": "600000"}),
    "MPEG-4, AVI": Encoding(".avi", "mpeg4", {"b": "900000"}, (320, 240)),
    "MPEG-4 with B frames, AVI": Encoding(".avi", "mpeg4", {"b": "900000", "bf": "2"}, (320, 240)),
    "MPEG-2, MPEG-PS": Encoding(".mpg", "mpeg2video", {"b": "1500000", "bf": "2"}, (320, 240)),
    "WMV, ASF": Encoding(".wmv", "wmv2", {"b": "900000"}, (320, 240)),
}


def write_encodings(folder: Path, frames: int) -> dict[str, Path]:
    """Write all encodings; returns the paths by name."""
    paths = {}
    for number, (name, encoding) in enumerate(ENCODINGS.items()):
        paths[name] = folder / f"{number}{encoding.suffix}"
        encode(paths[name], encoding, frames)
    return paths


def write_corpus(folder: Path) -> dict[str, dict[str, Path]]:
    """Write the files of ``tests/helpers/bad_videos.py``; returns the paths by name, in two groups."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests/helpers"))
    from bad_videos import KINDS, kinds, write_kinds

    folder.mkdir()
    paths = write_kinds(folder, kinds())
    return {group: {name: path for name, path in paths.items() if KINDS[name].readable == readable}
            for group, readable in (("odd", True), ("broken", False))}


def encode(path: Path, encoding: Encoding, frames: int) -> None:
    """Write the generated video in this encoding."""
    muxing = {"movflags": encoding.flags} if encoding.flags else {}
    with av.open(str(path), "w", options=muxing) as container:
        stream = container.add_stream(encoding.codec, rate=RATE, options={"threads": "1", **encoding.options})
        stream.width, stream.height = encoding.size
        stream.pix_fmt = "yuv420p"
        for image in moving(*encoding.size, frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


def moving(width: int, height: int, frames: int) -> Iterator[np.ndarray]:
    """Images ``[H, W, 3]``: a moving camera, three textured discs that move, and noise of the sensor."""
    random = np.random.default_rng(0)
    scene = texture(random, 2 * width, 2 * height)
    discs = [(texture(random, width, height), random.uniform(0.02, 0.2, 2)) for _ in range(3)]
    rows, columns = np.mgrid[:height, :width]
    for time in range(frames):
        x, y = (int(side * (0.5 + 0.4 * np.sin(speed * time))) for side, speed in ((width, 0.023), (height, 0.031)))
        image = scene[y:y + height, x:x + width].copy()
        for disc, (across, down) in discs:
            centre = width * (0.5 + 0.3 * np.sin(across * time)), height * (0.5 + 0.3 * np.cos(down * time))
            inside = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 < (height / 6) ** 2
            image[inside] = disc[inside]
        yield (image + random.normal(0, 3, image.shape)).clip(0, 255).astype(np.uint8)


def texture(random: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A random image ``[H, W, 3]`` with structures of all sizes, more in brightness than in colour."""
    gray, colour = (sum(cv2.resize(random.normal(0, 8 * 2 ** (level / 2), (height >> level, width >> level, channels)),
                                   (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)
                        for level in range(1, 7)) for channels in (1, 3))
    return 128 + gray + 0.3 * colour
