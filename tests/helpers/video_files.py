"""Write small video files, good and broken ones; each frame shows its number."""
import struct
from fractions import Fraction

import av
import numpy as np

FRAMES, SIZE, RATE = 40, 64, 20
# No assembly: it reads beyond narrow pictures, so that one file in hundreds would have other bytes.
X264 = {"crf": "18", "threads": "1", "x264-params": "asm=0"}
BITEXACT = {"fflags": "+bitexact"}


def picture(number, width=SIZE, height=SIZE):
    """An image of 3 x 3 fields, ``[H, W, 3]``.

    The fields are white, the six bits of the number from the lowest, black, black.
    """
    fields = np.array([1, *(number >> bit & 1 for bit in range(6)), 0, 0], np.uint8).reshape(3, 3) * 180 + 30
    rows, columns = (np.arange(length) * 3 // length for length in (height, width))
    return np.repeat(fields[rows[:, None], columns][..., None], 3, axis=2)


def number_of(image):
    """The number that an image shows, or None."""
    height, width = image.shape[:2]
    fields = [int(image[(2 * row + 1) * height // 6, (2 * column + 1) * width // 6].mean() > 120)
              for row in range(3) for column in range(3)]
    if fields[0] and not fields[7] and not fields[8]:
        return sum(field << bit for bit, field in enumerate(fields[1:7]))
    return None


def record(path, numbers=range(FRAMES), codec="libx264", pix_fmt="yuv420p", width=SIZE, height=SIZE, rate=RATE,
           times=None, clock=None, options=X264, muxing=None, sound=0, title=None, change=iter,
           turns=0):
    """Write a video of numbered frames.

    Args:
        times: presentation times of the frames, in units of ``clock`` (default: given by ``rate``).
        options, muxing: options of the encoder and of the container.
        sound: seconds of silence to add as the first stream.
        change: function that changes the encoded packets.
        turns: quarter turns, clockwise, after which a frame shows its number.
    """
    clock = clock or Fraction(1, rate)
    with av.open(str(path), "w", options={**BITEXACT, **(muxing or {})}) as container:
        if title:
            container.metadata["title"] = title
        audio = container.add_stream("aac", rate=16000) if sound else None
        video = container.add_stream(codec, rate=rate, options=options)
        video.width, video.height, video.pix_fmt, video.codec_context.time_base = width, height, pix_fmt, clock
        container.start_encoding()
        if audio:
            mux_silence(container, audio, sound)
        frames = [yuv(number, times[index] if times else index, clock, width, height, pix_fmt, turns)
                  for index, number in enumerate(numbers)]
        for packet in change([packet for frame in (*frames, None) for packet in video.encode(frame)]):
            container.mux(packet)


def yuv(number, time, clock, width=SIZE, height=SIZE, pix_fmt="yuv420p", turns=0):
    size = (height, width) if turns % 2 else (width, height)
    image = np.ascontiguousarray(np.rot90(picture(number, *size)[..., 0], turns))
    frame = av.VideoFrame.from_ndarray(image, format="gray").reformat(format=pix_fmt)
    frame.pts, frame.time_base = time, clock
    return frame


def record_silence(path):
    with av.open(str(path), "w", options=BITEXACT) as container:
        mux_silence(container, container.add_stream("aac", rate=16000))


def mux_silence(container, audio, seconds=1):
    samples = av.AudioFrame.from_ndarray(np.zeros((1, 16000 * seconds), np.float32), format="fltp", layout="mono")
    samples.sample_rate, samples.pts = 16000, 0
    container.mux([packet for part in (samples, None) for packet in audio.encode(part)])


def changed(change, **settings):
    """A writer of a video whose bytes are then changed."""
    def write(path):
        record(path, **settings)
        path.write_bytes(change(path.read_bytes()))
    return write


def begin(part):
    """Keep the first ``part`` bytes, or that fraction of all bytes."""
    return lambda data: data[:part if part >= 1 else int(part * len(data))]


def media(data):
    """First and last byte of the frames in an MP4 file."""
    start = data.index(b"mdat") + 4
    return start, start - 8 + struct.unpack(">I", data[start - 8:start - 4])[0]


def zero_middle(data):
    start, end = media(data)
    first, last = start + (end - start) // 3, end - (end - start) // 3
    return data[:first] + bytes(last - first) + data[last:]


def flip_bits(data):
    start, end = media(data)
    flipped = np.frombuffer(data, np.uint8).copy()
    places = np.random.default_rng(0).choice(np.arange(start + 800, end), 24, replace=False)
    flipped[places] ^= 0x10
    return flipped.tobytes()


def promise_in_avi(data):
    """Double the number of frames in the headers of an AVI file and of its stream."""
    for place in (data.index(b"avih") + 8 + 16, data.index(b"strh") + 8 + 32):
        data = data[:place] + struct.pack("<I", 2 * FRAMES) + data[place + 4:]
    return data


def promise_in_mp4(data):
    """Double the number of frames in the index of an MP4 file, at its end.

    The added ones have 0 bytes.
    """
    data = bytearray(data)
    sizes, chunks = data.index(b"stsz"), data.index(b"stsc")
    last = chunks + 16 + 12 * (int.from_bytes(data[chunks + 8:chunks + 12], "big") - 1)
    for place in (sizes + 12, data.index(b"stts") + 12, last):
        add(data, place, FRAMES)
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"):
        add(data, data.index(box) - 4, 4 * FRAMES)
    end = sizes + 16 + 4 * FRAMES
    return bytes(data[:end] + bytes(4 * FRAMES) + data[end:])


def add(data, place, number):
    struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + number)


def record_two_sizes(path):
    """20 frames, then 20 larger ones in the same stream."""
    options = {**X264, "x264-params": "asm=0:repeat-headers=1"}
    with av.open(str(path), "w", options=BITEXACT) as container:
        stream = container.add_stream("libx264", rate=RATE, options=options)
        other = av.CodecContext.create("libx264", "w")
        other.options = options
        for encoder, numbers, width, height in ((stream.codec_context, range(20), SIZE, SIZE),
                                                (other, range(20, FRAMES), 96, 80)):
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
            encoder.time_base = Fraction(1, RATE)
            for frame in (*(yuv(number, number, encoder.time_base, width, height) for number in numbers), None):
                for packet in encoder.encode(frame):
                    packet.stream = stream
                    container.mux(packet)


def jpeg(path):
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("mjpeg", rate=1, options={"threads": "1"})
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuvj420p"
        frame = yuv(0, 0, Fraction(1), pix_fmt="yuvj420p")
        container.mux([packet for part in (frame, None) for packet in stream.encode(part)])


def forbid(path):
    record(path)
    path.chmod(0)


def holding(content):
    return lambda path: path.write_bytes(content)
