"""Write odd videos that one encoder and one container do not give."""
import io
import struct
from fractions import Fraction

import av
from video_files import BITEXACT, FRAMES, RATE, SIZE, X264, mux_silence, yuv

SUBTITLE = b"1\n00:00:10,000 --> 00:00:11,000\nThe end\n"
PACKET = 188  # bytes of a packet of a transport stream


def turn(quarters):
    """Write a turn by quarters, clockwise, into the display matrix of an MP4 file."""
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]

    def change(data):
        place = data.index(b"tkhd") + 4 + 40
        matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
        return data[:place] + matrix + data[place + len(matrix):]
    return change


def without_begin(packets):
    """Remove the first packets of a transport stream."""
    return lambda data: data[packets * PACKET:]


def twice(data):
    """Append a file to itself, so that its times start again."""
    return data + data


def record_tracks(path, cover=False, small=False, sound=0, subtitle=False, empty=False):
    """Write a video of numbered frames, beside other tracks.

    Args:
        cover: whether a larger picture is the first stream, marked as a cover where the container can.
        small: whether a smaller video of other numbers is the first stream.
        sound: seconds of silence.
        subtitle: whether to add a subtitle after ten seconds.
        empty: whether there is a sound track without sound.
    """
    with av.open(str(path), "w", options=BITEXACT) as container:
        first = add_video(container, "mjpeg" if cover else "libx264", 2 * SIZE if cover else SIZE // 2) if (
            cover or small) else None
        video = add_video(container, "libx264", SIZE)
        audio = container.add_stream("aac", rate=16000) if sound or empty else None
        source = av.open(io.BytesIO(SUBTITLE), format="srt") if subtitle else None
        text = container.add_stream_from_template(source.streams[0]) if subtitle else None
        if cover:
            first.disposition = av.stream.Disposition.attached_pic.value
        if small:
            first.disposition, video.disposition = 0, av.stream.Disposition.default.value
        container.start_encoding()
        if first:
            show(container, first, [63] if cover else range(FRAMES)[::-1])
        show(container, video, range(FRAMES))
        if sound:
            mux_silence(container, audio, sound)
        for packet in source.demux() if subtitle else ():
            if packet.size:
                packet.stream = text
                container.mux(packet)


def add_video(container, codec, size):
    stream = container.add_stream(codec, rate=RATE, options=X264 if codec == "libx264" else {"threads": "1"})
    stream.width = stream.height = size
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    return stream


def show(container, stream, numbers):
    for index, number in enumerate(numbers):
        frame = yuv(number, index, Fraction(1, RATE), stream.width, stream.height, stream.pix_fmt)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def hide(packets):
    """VP8 packets of which every eighth is not shown and has the time of the next, as two-pass encoders write them."""
    for packet, following in zip(packets, [*packets[1:], None], strict=True):
        if packet.pts % 8 == 7 and following:
            data = bytearray(bytes(packet))
            data[0] &= ~16  # show_frame
            hidden = av.Packet(bytes(data))
            hidden.stream, hidden.time_base, hidden.pts = packet.stream, packet.time_base, following.pts
            hidden.dts = hidden.pts
            packet = hidden
        yield packet
