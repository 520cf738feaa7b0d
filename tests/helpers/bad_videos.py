"""One small file per kind of bad or odd video, with the same bytes every time.

    python tests/helpers/bad_videos.py FOLDER     # write them
    python tests/helpers/bad_videos.py --table    # the table in docs/bad_videos.md: what MMAction2's readers do
"""
import argparse
import os
from functools import partial
from pathlib import Path

import numpy as np
import video_files as vf
from odd_videos import FAST, MJPEG, MPEG4, ODD, VPX, Kind
from video_files import X264, begin, changed, holding, record


def bad(write, reason, fault="unreadable", suffix=".mp4"):
    return Kind(write, reason, fault, suffix)


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
    "jpeg": bad(vf.jpeg, "a picture with the name of a video", "no video stream"),
    "sound-only": bad(vf.record_silence, "sound and no video", "no video stream"),
    "no-frames": bad(partial(record, numbers=()), "MP4 with a video of 0 frames", "no video stream"),
    "no-frames-avi": bad(partial(record, numbers=(), **MPEG4), "AVI with a video of 0 frames", suffix=".avi"),
    "cut-header": bad(changed(begin(100)), "the first 100 bytes"),
    "cut-index": bad(changed(begin(0.6)), "MP4 cut at 60 %; its index was at the end"),
    "cut-data": bad(changed(begin(0.7), **FAST), "MP4 cut at 70 %; its index is at the front", "truncated"),
    "cut-avi": bad(changed(begin(0.6), **MPEG4), "AVI cut at 60 %", "truncated", ".avi"),
    "cut-mjpeg": bad(changed(begin(0.6), **MJPEG), "AVI with motion JPEG cut at 60 %", "truncated", ".avi"),
    "cut-mkv": bad(changed(begin(0.6)), "Matroska cut at 60 %", "truncated", ".mkv"),
    "cut-mkv-sound": bad(changed(begin(0.6), sound=10, options={**X264, "bf": "0"}),
                         "Matroska whose sound is longer, cut at 60 %", "truncated", ".mkv"),
    "cut-webm": bad(changed(begin(0.6), codec="libvpx-vp9", options=VPX), "WebM cut at 60 %", "truncated", ".webm"),
    "zero-middle": bad(changed(vf.zero_middle), "zeros in the middle third of the frames' bytes", "damaged"),
    "flipped-bits": bad(changed(vf.flip_bits), "24 flipped bits in the frames' bytes", "damaged"),
    "promise-avi": bad(changed(vf.promise_in_avi, **MPEG4), "AVI that promises 80 frames, has 40", "truncated", ".avi"),
    "two-sizes": bad(vf.record_two_sizes, "20 frames of 64 x 64, then 20 of 96 x 80", "changes size"),
    **ODD,
}


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
