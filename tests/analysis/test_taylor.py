"""Taylor predictions: exact for polynomials; the picture and the command."""
import json

import av
import pytest
import torch
from commands import command

from vididi_transforms.analysis.derivative_strip import draw, read_clip
from vididi_transforms.analysis.taylor import predict, taylor_errors, taylor_strip
from vididi_transforms.data.motion_videos import encode, render_again

main = command("strip")


def motion(degree, frames=8, pixels=4):
    """A clip in which every pixel is a polynomial of time."""
    factors = torch.rand(degree + 1, 3, 1, pixels, pixels, dtype=torch.float64,
                         generator=torch.Generator().manual_seed(degree))
    time = torch.arange(float(frames), dtype=torch.float64).view(1, -1, 1, 1) / frames
    return sum(factor * time**k for k, factor in enumerate(factors))


@pytest.mark.parametrize(("degree", "order"), [(0, 0), (0, 2), (1, 1), (1, 2)])
def test_a_line_is_predicted_exactly(degree, order):
    clip = motion(degree)
    torch.testing.assert_close(predict(clip[:, :5], order, 3), clip[:, 5:])
    assert taylor_errors(clip, (order,), 3).max() < 1e-12


def test_order_0_repeats_the_frame():
    clip = motion(3)
    assert torch.equal(predict(clip, 0, 3), clip[:, -1:].expand(-1, 3, -1, -1))


def test_second_order_by_hand():
    a, b, c = motion(3, frames=3)[:, [2]], motion(3, frames=3)[:, [1]], motion(3, frames=3)[:, [0]]
    for step in (1, 2, 3):
        expected = a + step * (a - b) + step**2 / 2 * (a - 2 * b + c)
        torch.testing.assert_close(predict(motion(3, frames=3), 2, 3)[:, [step - 1]], expected)


def test_errors_are_the_root_mean_square_over_all_starts():
    clip = torch.rand(3, 7, 2, 2, generator=torch.Generator().manual_seed(0))
    errors = taylor_errors(clip, orders=(0, 1), steps=2)
    assert errors.shape == (2, 2)
    for order in (0, 1):
        for step in (1, 2):
            squares = [(predict(clip[:, :n + 1], order, step)[:, -1] - clip[:, n + step]).square().mean()
                       for n in range(1, 5)]
            torch.testing.assert_close(errors[order, step - 1], torch.stack(squares).mean().sqrt())


def test_later_frames_are_not_used():
    clip = torch.rand(3, 8, 4, 4, generator=torch.Generator().manual_seed(0))
    predicted = taylor_strip(clip, steps=3)[4:]
    clip[:, 5:] = 0
    assert torch.equal(taylor_strip(clip, steps=3)[4:], predicted)
    assert not torch.equal(taylor_strip(clip * 0.5, steps=3)[4:], predicted)


def test_first_row_of_the_strip_has_the_true_frames():
    clip = torch.rand(3, 8, 4, 6, generator=torch.Generator().manual_seed(0))
    strip = taylor_strip(clip, orders=(1,), steps=3)
    assert strip.shape == (8, 24, 3)
    for column, frame in enumerate(range(4, 8)):
        assert torch.equal(strip[:4, 6 * column:6 * column + 6].permute(2, 0, 1), clip[:, frame])
    assert torch.equal(strip[4:, 6:12].permute(2, 0, 1), (2 * clip[:, 4] - clip[:, 3]).clamp(0, 1))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("taylor") / "video.mp4"
    encode(render_again("test/tumble_00000.mp4", 26, 32)[0], path)
    return path


def test_frames_of_a_clip_are_those_of_the_video(video):
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    clip = read_clip(video, frames=4, interval=3, start=2)
    for place, number in enumerate((2, 5, 8, 11)):
        assert torch.equal((clip[:, place] * 255).round().byte().permute(1, 2, 0), torch.from_numpy(frames[number]))


def test_command(video, tmp_path, capsys):
    out = tmp_path / "new/strip.png"
    main([str(video), "--out", str(out), "--orders", "0", "1"])
    errors = json.loads(out.with_suffix(".json").read_text())["root mean square error by steps ahead"]
    expected = taylor_errors(read_clip(video), (0, 1), 3)
    assert errors["order 1"] == pytest.approx(expected[1].tolist(), abs=1e-5)
    assert f"order 0: {expected[0, 0]:.4f}" in capsys.readouterr().out
    assert out.stat().st_size > 10_000


def test_picture_as_svg(video, tmp_path):
    draw(read_clip(video), tmp_path / "strip.svg")
    assert "<svg" in (tmp_path / "strip.svg").read_text()


@pytest.mark.parametrize(("arguments", "text"), [
    (["--frames", "40"], "the video must have frame 117: "),
    (["--frames", "4"], "orders=(0, 1, 2) and steps=3 need clips of at least 6 frames: got T=4"),
])
def test_bad_arguments(video, tmp_path, capsys, arguments, text):
    with pytest.raises(SystemExit):
        main([str(video), "--out", str(tmp_path / "strip.png"), *arguments])
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_no_video(tmp_path, capsys):
    (tmp_path / "text.mp4").write_text("no video\n")
    for name, text in (("text.mp4", "Invalid data"), ("missing.mp4", "No such file or directory")):
        with pytest.raises(SystemExit):
            main([str(tmp_path / name), "--out", str(tmp_path / "strip.png")])
        assert f"error: the video must be readable: {tmp_path / name}: {text}" in capsys.readouterr().err
