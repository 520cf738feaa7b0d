"""Odd videos that can be read: one small file per kind, with the same bytes every time."""
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import odd_writers as ow
import video_files as vf
from video_files import FRAMES, SIZE, X264, changed, record

os.environ["SVT_LOG"] = "1"  # SVT-AV1 prints errors only

MPEG4 = dict(codec="mpeg4", options={"threads": "1", "qmin": "2", "qmax": "3"})
# A negative number: otherwise libvpx chooses its speed by the clock.
VPX = {"threads": "1", "deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0"}
FAST = dict(muxing={"movflags": "faststart"})
TICKS = Fraction(1, 90000)
MJPEG = dict(codec="mjpeg", pix_fmt="yuvj420p", options={"threads": "1", "qmin": "2", "qmax": "3"})
EDIT = dict(times=range(-10, FRAMES - 10), muxing={"avoid_negative_ts": "disabled"}, options={**X264, "bf": "0"})


FRAGMENTS = dict(muxing={"movflags": "frag_keyframe+empty_moov"})
OPEN = dict(options={**X264, "x264-params": "asm=0:open-gop=1:keyint=10:min-keyint=10:bframes=3:b-adapt=0:scenecut=0"})
REFRESH = {**X264, "x264-params": "asm=0:intra-refresh=1:keyint=10:bframes=0:scenecut=0"}
HEVC = dict(codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none:pools=none:frame-threads=1:"
                                      "info=0:crf=18:keyint=10:min-keyint=10:bframes=3:b-adapt=0:scenecut=0:open-gop=1"})
REFERENCES = {"threads": "1", "deadline": "good", "cpu-used": "4", "lag-in-frames": "16", "auto-alt-ref": "1",
              "g": "20", "crf": "10", "b": "200k"}
MPEG2 = dict(codec="mpeg2video", rate=25, options={"threads": "1", "bf": "2", "g": "10"})


class Kind(NamedTuple):
    """A kind of file.

    Args:
        write: function that writes such a file to a path.
        reason: what is bad or odd.
        fault: the fault that ``vididi verify`` reports; empty: all frames can be read.
        suffix: suffix of the file name.
        numbers: numbers that the frames show.
        size: width and height in pixels, as shown.
    """

    write: Callable[[Path], object]
    reason: str
    fault: str = ""
    suffix: str = ".mp4"
    numbers: Sequence[int] = range(FRAMES)
    size: tuple[int, int] = (SIZE, SIZE)

    @property
    def readable(self):
        return not self.fault


def odd(reason, suffix=".mp4", edit=None, numbers=range(FRAMES), size=(SIZE, SIZE), shown=None, turns=0, **settings):
    """A kind that can be read.

    Args:
        edit: function that changes the bytes of the file.
        size: width and height as stored.
        shown: numbers that the frames show if they are not those that were written.
        turns: quarter turns, clockwise, in the metadata of the file.
        settings: arguments of :func:`record`.
    """
    settings = dict(settings, numbers=numbers, width=size[0], height=size[1], turns=turns)
    edit = ow.turn(turns) if turns else edit
    write = changed(edit, **settings) if edit else partial(record, **settings)
    return Kind(write, reason, "", suffix, shown or numbers, size[::-1] if turns % 2 else size)


def tracks(reason, suffix, **settings):
    """A kind with other tracks: arguments of :func:`odd_writers.record_tracks`."""
    return Kind(partial(ow.record_tracks, **settings), reason, suffix=suffix)


ODD = {
    "plain": odd("MP4, H.264, nothing odd"),
    "one-frame": odd("1 frame", numbers=range(1)),
    "short": odd("5 frames", numbers=range(5)),
    "odd-size": odd("63 x 49 pixels (FFV1)", ".avi", size=(63, 49), codec="ffv1", options={"threads": "1"}),
    "turned": odd("128 x 64 pixels, to be shown after a quarter turn", size=(128, 64), turns=1),
    "turned-narrow": odd("64 x 48 pixels, to be shown after a quarter turn", size=(64, 48), turns=1),
    "turned-half": odd("128 x 64 pixels, to be shown after half a turn", size=(128, 64), turns=2),
    "turned-back": odd("128 x 64 pixels, to be shown after three quarter turns", size=(128, 64), turns=3),
    "variable-rate": odd("a variable frame rate", times=[i * i * 270 for i in range(FRAMES)], clock=TICKS),
    "fast": odd("1000 frames per second", times=range(0, 90 * FRAMES, 90), clock=TICKS, rate=1000),
    "late": odd("times past 2**31 ticks", times=range(0, 6 * 10**7 * FRAMES, 6 * 10**7), clock=Fraction(1, 10**7),
                options={**X264, "bf": "0"}),
    "gray": odd("gray pixels (FFV1)", ".avi", codec="ffv1", pix_fmt="gray", options={"threads": "1"}),
    "ten-bit": odd("10-bit H.264", pix_fmt="yuv420p10le"),
    "full-chroma": odd("H.264 with 4:4:4 chroma", pix_fmt="yuv444p"),
    "interlaced": odd("interlaced", options={**X264, "flags": "+ildct+ilme", "x264-params": "asm=0:tff=1:weightp=0"}),
    "b-frames": odd("B frames, decoding begins before time 0",
                    options={**X264, "bf": "3", "x264-params": "asm=0:b-adapt=0"}),
    "sound-first": odd("the first stream is sound", sound=1),
    "latin-title": odd("a title that is not UTF-8", title="caf\u00e9",
                       edit=lambda data: data.replace("caf\u00e9".encode(), b"caf\xe9!")),
    "edit-list": odd("MP4 whose edit list hides the first 10 of 40 frames", shown=range(10, FRAMES), **EDIT),
    "edit-list-b": odd("the same with B frames", shown=range(10, FRAMES), **EDIT | OPEN),
    "promise-mp4": odd("MP4 that promises 80 frames, has 40", edit=vf.promise_in_mp4),
    "one-pixel": odd("1 x 1 pixel, 4:4:4", pix_fmt="yuv444p", size=(1, 1), shown=[None] * FRAMES),
    "sixteen-bit": odd("16-bit gray (FFV1)", ".mkv", codec="ffv1", pix_fmt="gray16le", options={"threads": "1"}),
    "alpha": odd("transparency (QuickTime Animation)", ".mov", codec="qtrle", pix_fmt="argb", options={}),
    "all-keys": odd("only key frames", options={**X264, "g": "1"}),
    "open-gop": odd("H.264 with open groups of pictures", **OPEN),
    "refresh": odd("H.264 with periodic intra refresh", options=REFRESH),
    "refresh-ts": odd("the same in MPEG-TS", ".ts", options=REFRESH),
    "fragments": odd("fragmented MP4", **FRAGMENTS),
    "fragments-open": odd("fragmented MP4 with open groups of pictures", **OPEN | FRAGMENTS),
    "hevc": odd("HEVC with open groups of pictures", **HEVC),
    "hevc-ts": odd("HEVC in MPEG-TS", ".ts", **HEVC),
    "hevc-ten-bit": odd("10-bit HEVC in Matroska", ".mkv", pix_fmt="yuv420p10le", **HEVC),
    "av1": odd("AV1", codec="libsvtav1", options={"preset": "8", "crf": "20", "svtav1-params": "lp=1:keyint=16"}),
    "mkv": odd("Matroska", ".mkv"),
    "mkv-cut": odd("Matroska, cut without encoding again between two key frames", ".mkv", shown=range(20, FRAMES),
                   change=lambda packets: packets[10:], **OPEN),
    "mkv-sound": tracks("Matroska whose sound is longer than the picture", ".mkv", sound=10),
    "mkv-subtitles": tracks("Matroska whose subtitles are longer than the picture", ".mkv", subtitle=True),
    "mkv-cover": tracks("Matroska whose first video stream is a cover picture", ".mkv", cover=True),
    "cover": tracks("MP4 with a cover picture", ".mp4", cover=True),
    "two-videos": tracks("MP4 with two videos, of which the second is to be shown", ".mp4", small=True),
    "empty-sound": tracks("a sound track without sound", ".mkv", empty=True),
    "webm-vp9": odd("WebM, VP9", ".webm", codec="libvpx-vp9", options=VPX),
    "webm-vp8": odd("WebM, VP8", ".webm", codec="libvpx", options=VPX),
    "webm-live": odd("WebM without a duration", ".webm", codec="libvpx-vp9", options=VPX, muxing={"live": "1"}),
    "vp9-references": odd("VP9 with alternate reference frames", ".webm", codec="libvpx-vp9", options=REFERENCES),
    "vp8-references": odd("VP8 with frames that are not shown", ".webm", codec="libvpx", options=VPX | {"g": "10"},
                          change=ow.hide, shown=[number for number in range(FRAMES) if number % 8 < 7 or number == 39]),
    "avi": odd("AVI, MPEG-4", ".avi", **MPEG4),
    "avi-gap": odd("AVI with 10 empty packets", ".avi", times=[*range(20), *range(30, 50)], **MPEG4),
    "avi-b": odd("AVI, MPEG-4 with B frames", ".avi", codec="mpeg4", options=MPEG4["options"] | {"bf": "2", "g": "10"}),
    "avi-h264": odd("AVI, H.264 with B frames, whose time stamps go back", ".avi", **OPEN),
    "avi-cut": odd("the same, cut between two key frames", ".avi", shown=range(20, FRAMES),
                   change=lambda packets: packets[10:], **OPEN),
    "mjpeg": odd("AVI, motion JPEG", ".avi", **MJPEG),
    "gif": odd("GIF, 64 x 63 pixels", ".gif", codec="gif", pix_fmt="gray", size=(64, 63), options={}),
    "wmv": odd("Windows Media, WMV2", ".wmv", codec="wmv2", options={"threads": "1", "g": "10"}),
    "asf": odd("Windows Media, MPEG-4 version 3", ".asf", codec="msmpeg4", options={"threads": "1", "g": "10"}),
    "flv": odd("Flash", ".flv", codec="flv", options={"threads": "1", "g": "10"}),
    "flv-h264": odd("Flash, H.264 with B frames", ".flv", **OPEN),
    "3gp": odd("3GP, H.263", ".3gp", codec="h263", size=(128, 96), options={"threads": "1"}),
    "transport-stream": odd("MPEG-TS", ".ts"),
    "ts-open": odd("MPEG-TS with open groups of pictures", ".ts", **OPEN),
    "ts-cut": odd("MPEG-TS whose begin is missing up to a place between two key frames", ".ts",
                  edit=ow.without_begin(40), shown=range(20, FRAMES), **OPEN),
    "ts-twice": odd("two MPEG-TS in one file: time starts again", ".ts", edit=ow.twice,
                    numbers=range(20), shown=[*range(20)] * 2),
    "ts-wrap": odd("MPEG-TS whose time stamps pass 2**33", ".ts", clock=TICKS,
                   times=range(2**33 - 20 * 4500, 2**33 + 20 * 4500, 4500)),
    "program-stream": odd("MPEG-PS", ".mpg", codec="mpeg2video", rate=25, options={"threads": "1"}),
    "ps-b": odd("MPEG-PS with B frames", ".mpg", **MPEG2),
    "ps-twice": odd("two MPEG-PS in one file", ".mpg", edit=ow.twice, shown=[*range(FRAMES)] * 2, **MPEG2),
    "annex-b": odd("H.264 without a container", ".h264"),
    "name": odd("a long name", " " + "\u00f6\u5b57" * 36 + " #1 100% [a] (b) 'c' & $d?.mp4"),
}
