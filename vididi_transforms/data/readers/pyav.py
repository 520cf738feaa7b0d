"""Videos read with PyAV."""
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..video_io import UnreadableError, open_stream, to_rgb
from .packets import MisplacedError, list_packets
from .video import Image, Miscounted, Video

if TYPE_CHECKING:
    import av


class PyAVVideo(Video):
    """A video read with PyAV.

    First, all packets are listed without decoding them, so that the header's number of frames is not needed. Frames
    are then decoded from the last key frame before them, forward and in one thread. Where time stamps are missing or
    wrong, frames are counted from the start of the file instead.

    Raises:
        UnreadableError: If the file is not a video, or a frame, or one that it may need, cannot be decoded in full.
    """

    def __init__(self, path: Path) -> None:
        from av.video.reformatter import VideoReformatter

        self._path, self._reformatter = path, VideoReformatter()
        self._container, self._stream = open_stream(path)
        self.rate = float(self._stream.average_rate or 0)
        self._packets = list_packets(self._container, self._stream)
        self._length = self._packets.frames
        if not self._length:
            raise UnreadableError("no frame")

    def __len__(self) -> int:
        return self._length

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frames(self, indices: Sequence[int]) -> list[Image]:
        """Frames by their indices."""
        import av

        wanted = {int(index) for index in indices}
        try:
            found = self._seek(wanted)
        except (MisplacedError, av.error.FFmpegError):
            self._packets.keys.clear()  # from now on, frames are counted
            found = self._count(wanted)
        return [found[int(index)] for index in indices]

    def _seek(self, wanted: set[int]) -> dict[int, Image]:
        """Frames by index, each decoded from the last key frame or from the frame before it."""
        found, position = {}, -1
        decoded = None
        for number in sorted(wanted):
            key = self._packets.key_before(number)
            if decoded is None or key.number > position + 1:
                self._container.seek(key.sought, stream=self._stream)
                decoded, position = self._decode(wanted, key.number), key.number - 1
            for position, frame in decoded:
                if position == number:
                    found[number] = self._image(frame)
                    break
            if position != number:
                raise MisplacedError
        return found

    def _decode(self, wanted: set[int], start: int) -> "Iterator[tuple[int, av.VideoFrame]]":
        """Numbered frames from a key frame on; those that no other frame needs only if they are wanted."""
        skippable, position, self._partial = self._packets.skippable, start - 1, False
        for packet in self._container.demux(self._stream):
            if skippable:
                skipped = packet.size and self._number(packet) not in wanted
                self._stream.codec_context.skip_frame = "NONREF" if skipped else "DEFAULT"
            for frame in packet.decode():
                number = self._number(frame)
                if number >= start:
                    if number <= position or (number > position + 1 and not skippable):
                        raise MisplacedError
                    position = number
                    self._note(frame)
                    yield number, frame

    def _number(self, part: "av.VideoFrame | av.Packet[av.video.stream.VideoStream]") -> int:
        """Number of a frame or packet by its time; -1: unknown, or before the first frame that can be decoded."""
        return -1 if part.pts is None else self._packets.numbers.get(part.pts, -1)

    def _note(self, frame: "av.VideoFrame") -> None:
        """Note a frame that was decoded in part: those up to the next key frame may need it."""
        self._partial = frame.is_corrupt or (self._partial and not frame.key_frame)

    def _image(self, frame: "av.VideoFrame") -> Image:
        if self._partial:
            raise UnreadableError("a frame can be decoded only in part")
        return to_rgb(frame, self._reformatter)

    def _count(self, wanted: set[int]) -> dict[int, Image]:
        """Frames by index, counted from the start of the file to its end, so that their number is certain."""
        import av

        self.close()
        self._container, self._stream = open_stream(self._path)
        found, number, self._partial = {}, -1, False
        try:
            for number, frame in enumerate(self._container.decode(self._stream)):
                self._note(frame)
                if number in wanted:
                    found[number] = self._image(frame)
        except av.error.FFmpegError as error:
            raise UnreadableError(f"frame {number + 1}: {error.strerror or error}") from error
        if number < 0:
            raise UnreadableError("no frame")
        if number + 1 != self._length:
            self._length = number + 1
            raise Miscounted(f"{self._packets.frames} frames are stored: {self._length} are shown")
        return found
