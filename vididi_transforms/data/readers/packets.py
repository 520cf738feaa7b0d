"""Where the frames of a video are, from its packets."""
from bisect import bisect_left, bisect_right
from itertools import dropwhile
from typing import TYPE_CHECKING, NamedTuple

from ..video_io import UnreadableError

if TYPE_CHECKING:
    import av


SKIPPING = ("h264", "hevc")
"""Decoders that can skip frames that no other frame needs."""
SOUGHT_BY_DECODING = ("mpeg", "mpegts")
"""Containers that are sought by the time at which a key frame is decoded; others by the time at which it is shown."""


class MisplacedError(Exception):
    """Decoding does not give the frames that the time stamps of the packets promise."""


class Key(NamedTuple):
    """A key frame: its number, and the time to seek to, in ticks of the stream."""

    number: int
    sought: int


class Packets(NamedTuple):
    """The packets of a video.

    Args:
        frames: number of frames.
        numbers: numbers of the frames by their times, in ticks of the stream.
        keys: key frames in order; empty if times are missing or not unique.
        skippable: whether the decoder may skip frames that are not wanted and that no other frame needs.
    """

    frames: int
    numbers: dict[int, int]
    keys: list[Key]
    skippable: bool

    def key_before(self, number: int) -> Key:
        """The last key frame that is not after a frame.

        Raises:
            MisplacedError: If there is none.
        """
        place = bisect_right(self.keys, number, key=lambda key: key.number)
        if not place:
            raise MisplacedError
        return self.keys[place - 1]


def list_packets(container: "av.container.InputContainer", stream: "av.video.stream.VideoStream") -> Packets:
    """List the packets of a stream from its first key frame on; earlier ones cannot be decoded.

    Raises:
        UnreadableError: If the file cannot be read.
    """
    import av

    codec = stream.codec_context.name
    try:
        packets = [_Packet(packet.pts, packet.dts, packet.is_keyframe, packet.is_discard or _invisible(packet, codec))
                   for packet in container.demux(stream) if packet.size]
    except av.error.FFmpegError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    packets = list(dropwhile(lambda packet: not packet.key, packets)) or packets
    shown = [packet.shown for packet in packets if packet.shown is not None and not packet.hidden]
    frames = sum(not packet.hidden for packet in packets)
    guessed = container.format.name == "avi" and stream.codec_context.has_b_frames  # AVI stores no times
    if not packets or not packets[0].key or len(set(shown)) < frames or guessed:
        return Packets(frames, {}, [], False)
    first = packets[0].shown or 0
    numbers = {time: number for number, time in enumerate(sorted(time for time in shown if time >= first))}
    keys = _keys(packets, list(numbers), container.format.name in SOUGHT_BY_DECODING)
    return Packets(len(numbers), numbers, keys, codec in SKIPPING and shown != sorted(shown))


def _invisible(packet: "av.Packet[av.video.stream.VideoStream]", codec: str) -> bool:
    """Whether a packet is one of VP8's alternate reference frames: bit 4 of the first byte is ``show_frame``."""
    return codec.endswith("vp8") and not memoryview(packet)[0] & 16


def _keys(packets: "list[_Packet]", times: list[int], by_decoding: bool) -> list[Key]:
    return sorted(Key(bisect_left(times, packet.shown),
                      packet.decoded if by_decoding and packet.decoded is not None else packet.shown)
                  for packet in packets if packet.key and packet.shown is not None)


class _Packet(NamedTuple):
    """Times of a packet, in ticks of the stream, whether it starts a key frame, and whether it is not to be shown."""

    shown: int | None
    decoded: int | None
    key: bool
    hidden: bool
