"""One small file per kind of bad or odd video, with the same bytes every time.

    python tests/helpers/bad_videos.py FOLDER     # write them
    python tests/helpers/bad_videos.py --table    # the table in docs/bad_videos.md: what MMAction2's readers do
"""
import argparse
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import video_files as vf
from video_files import FRAMES, SIZE, X264, begin, changed, holding, record

MPEG4 = dict(codec="mpeg4", options={"threads": "1", "qmin": "2", "qmax": "3"})
VPX = {"threads": "1", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
FAST = dict(muxing={"movflags": "faststart"})
TICKS = Fraction(1, 90000)
MJPEG = dict(codec="mjpeg", pix_fmt="yuvj420p", options={"threads": "1", "qmin": "2", "qmax": "3"})
EDIT = dict(times=range(-10, FRAMES - 10), muxing={"avoid_negative_ts": "disabled"}, options={**X264, "bf": "0"})


class Kind(NamedTuple):
    """A kind of file.

    Args:
        write: function that writes such a file to a path.
        readable: whether all frames can be read.
        reason: what is bad or odd.
        fault: the fault that ``vididi verify`` reports; empty: none.
        suffix: suffix of the file name.
        numbers: numbers that the frames show.
        size: width and height in pixels.
    """

    write: Callable[[Path], object]
    readable: bool
    reason: str
    fault: str = ""
    suffix: str = ".mp4"
    numbers: Sequence[int] = range(FRAMES)
    size: tuple[int, int] = (SIZE, SIZE)


def bad(write, reason, fault="unreadable", suffix=".mp4"):
    return Kind(write, False, reason, fault, suffix)


def odd(reason, suffix=".mp4", fault="", change=None, numbers=range(FRAMES), size=(SIZE, SIZE), **settings):
    settings = dict(settings, numbers=numbers, width=size[0], height=size[1])
    write = changed(change, **settings) if change else partial(record, **settings)
    return Kind(write, True, reason, fault, suffix, numbers, size)


KINDS = {
    "missing": bad(lambda path: None, "there is no file", "missing"),
    "dangling-link": bad(lambda path: path.symlink_to("nowhere.mp4"), "a symbolic link to nothing", "missing"),
    "link-to-itself": bad(lambda path: path.symlink_to(path.name), "a symbolic link to itself"),
    "directory": bad(Path.mkdir, "a folder with the name of a video"),
    "forbidden": bad(vf.forbid, "no permission to read it"),
    "empty": bad(holding(b""), "0 bytes"),
    "text": bad(holding(b"This is not a video.\n" * 50), "text with the name of a video"),
    "html": bad(holding(b"<!DOCTYPE html>\n<html><body><h1>404 Not Found</h1></body></html>\n"), "an error page"),
    "random-bytes": bad(holding(np.random.default_rng(0).bytes(5000)), "random bytes"),
    "jpeg": bad(vf.jpeg, "a picture with the name of a video"),
    "sound-only": bad(vf.record_silence, "sound and no video", "no video stream"),
    "no-frames": bad(partial(record, numbers=()), "MP4 with a video of 0 frames", "no video stream"),
    "no-frames-avi": bad(partial(record, numbers=(), **MPEG4), "AVI with a video of 0 frames", suffix=".avi"),
    "cut-header": bad(changed(begin(100)), "the first 100 bytes"),
    "cut-index": bad(changed(begin(0.6)), "MP4 cut at 60 %; its index was at the end"),
    "cut-data": bad(changed(begin(0.7), **FAST), "MP4 cut at 70 %; its index is at the front", "truncated"),
    "cut-avi": bad(changed(begin(0.6), **MPEG4), "AVI cut at 60 %", "truncated", ".avi"),
    "cut-mjpeg": bad(changed(begin(0.6), **MJPEG), "AVI with motion JPEG cut at 60 %", "truncated", ".avi"),
    "cut-mkv": bad(changed(begin(0.6)), "Matroska cut at 60 %", "truncated", ".mkv"),
    "cut-webm": bad(changed(begin(0.6), codec="libvpx-vp9", options=VPX), "WebM cut at 60 %", "truncated", ".webm"),
    "zero-middle": bad(changed(vf.zero_middle), "zeros in the middle third of the frames' bytes", "damaged"),
    "flipped-bits": bad(changed(vf.flip_bits), "24 flipped bits in the frames' bytes", "damaged"),
    "promise-avi": bad(changed(vf.promise_in_avi, **MPEG4), "AVI that promises 80 frames, has 40", "truncated", ".avi"),
    "promise-mp4": bad(changed(vf.promise_in_mp4), "MP4 that promises 80 frames, has 40", "miscounted"),
    "two-sizes": bad(vf.record_two_sizes, "20 frames of 64 x 64, then 20 of 96 x 80", "changes size"),
    "plain": odd("MP4, H.264, nothing odd"),
    "one-frame": odd("1 frame", numbers=range(1)),
    "short": odd("5 frames", numbers=range(5)),
    "odd-size": odd("63 x 49 pixels", size=(63, 49), **MPEG4),
    "turned": odd("128 x 64 pixels, to be shown after a quarter turn", size=(128, 64), change=vf.turn),
    "turned-narrow": odd("64 x 48 pixels, to be shown after a quarter turn", size=(64, 48), change=vf.turn),
    "variable-rate": odd("a variable frame rate", times=[i * i * 270 for i in range(FRAMES)], clock=TICKS),
    "fast": odd("1000 frames per second", times=range(0, 90 * FRAMES, 90), clock=TICKS, rate=1000),
    "late": odd("times past 2**31 ticks", times=range(0, 6 * 10**7 * FRAMES, 6 * 10**7), clock=Fraction(1, 10**7),
                options={**X264, "bf": "0"}),
    "gray": odd("gray pixels (FFV1)", ".avi", codec="ffv1", pix_fmt="gray", options={"threads": "1"}),
    "ten-bit": odd("10-bit H.264", pix_fmt="yuv420p10le"),
    "full-chroma": odd("H.264 with 4:4:4 chroma", pix_fmt="yuv444p"),
    "interlaced": odd("interlaced", options={**X264, "flags": "+ildct+ilme", "x264-params": "tff=1:weightp=0"}),
    "b-frames": odd("B frames, decoding begins before time 0", options={**X264, "bf": "3", "x264-params": "b-adapt=0"}),
    "sound-first": odd("the first stream is sound", sound=True),
    "latin-title": odd("a title that is not UTF-8", title="caf\u00e9",
                       change=lambda data: data.replace("caf\u00e9".encode(), b"caf\xe9!")),
    "edit-list": odd("MP4 whose edit list hides the first 10 of 40 frames", fault="miscounted", **EDIT),
    "fragments": odd("fragmented MP4", muxing={"movflags": "frag_keyframe+empty_moov"}),
    "mkv": odd("Matroska", ".mkv"),
    "webm-vp9": odd("WebM, VP9", ".webm", codec="libvpx-vp9", options=VPX),
    "webm-vp8": odd("WebM, VP8", ".webm", codec="libvpx", options=VPX),
    "avi": odd("AVI, MPEG-4", ".avi", **MPEG4),
    "avi-gap": odd("AVI with 10 empty packets", ".avi", "miscounted", times=[*range(20), *range(30, 50)], **MPEG4),
    "mjpeg": odd("AVI, motion JPEG", ".avi", **MJPEG),
    "transport-stream": odd("MPEG-TS", ".ts"),
    "program-stream": odd("MPEG-PS", ".mpg", codec="mpeg2video", rate=25, options={"threads": "1"}),
    "annex-b": odd("H.264 without a container", ".h264"),
    "name": odd("a long name", " " + "\u00f6\u5b57" * 36 + " #1 100% [a] (b) 'c' & $d?.mp4"),
}
KINDS["edit-list"] = KINDS["edit-list"]._replace(numbers=range(10, FRAMES))


def kinds():
    """All names, for root without ``forbidden``: root may read everything."""
    return [name for name in KINDS if name != "forbidden" or os.geteuid()]


def write_kinds(folder, names):
    """Write a file of each kind; returns the paths by kind."""
    paths = {name: Path(folder, f"{name}{KINDS[name].suffix}") for name in names}
    for name, path in paths.items():
        KINDS[name].write(path)
    return paths


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="folder to write to")
    parser.add_argument("--table", action="store_true", help="print what the readers do")
    args = parser.parse_args()
    if args.folder:
        args.folder.mkdir(parents=True)
        write_kinds(args.folder, KINDS)
    if args.table:
        from bad_videos_readers import results, table

        print(table(results()))


if __name__ == "__main__":
    main()
