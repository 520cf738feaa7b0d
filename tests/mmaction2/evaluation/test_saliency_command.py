"""Saliency tubes of four encoders, a detector's backbone and a linear head; the command and its errors."""
import json
import os
import re
from functools import partial
from statistics import mean, stdev

import av
import pytest
import torch
from ava_set import write_ava_set
from commands import command
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.dataset import Compose
from paths import DEMO, ROOT
from raises import PACKAGE, error_of, not_raised
from stock_tools import run as run_tool

from vididi_transforms.analysis.attention import attention_on_motion, mask_tubes, moving_pixels
from vididi_transforms.analysis.saliency import feature_weights, saliency_tubes
from vididi_transforms.data.motion_videos import render_again
from vididi_transforms.mmaction2.datasets.shape_mask import ShapeMask, add_shape_mask
from vididi_transforms.mmaction2.evaluation.saliency import measure
from vididi_transforms.mmaction2.evaluation.saliency_inputs import Encoder, evenly, load_encoder, read_clips, videos_of

main = command("saliency")

CONFIGS = ROOT / "mmaction_configs"
ENCODERS = {
    "r3d18": ({"base_channels": 4}, (1, 2, 2)),
    "mc318": ({"base_channels": 4}, (8, 2, 2)),
    "r2plus1d18": ({}, (1, 2, 2)),
    "s3d": ({}, (1, 1, 1)),
}
NO_WORKERS = {"test_dataloader.num_workers": 0, "test_dataloader.persistent_workers": False}
FINE_TUNED = CONFIGS / "demo/r3d-tiny_1xb16-16x2x1-2e_motion-rgb.py"
DETECTOR = CONFIGS / "detection/vididi-vicreg-pretrained-r3d18_2xb16-8x4x1-20e_ava21-rgb.py"


def retrieval(motion):
    """Options that make the demo's config small."""
    options = {**NO_WORKERS, "model.backbone.base_channels": 4, "model.cls_head.in_channels": 32}
    for number, name in enumerate(("train", "test")):
        options |= {f"test_dataloader.dataset.datasets.{number}.ann_file": f"{motion}/{name}.txt",
                    f"test_dataloader.dataset.datasets.{number}.data_prefix.video": str(motion)}
    return options


def command_line(options):
    return [f"{key}={value}".replace(" ", "") for key, value in options.items()]


def saved(model, path, seed=0):
    """The path of a checkpoint of a config's model, right after initialisation."""
    torch.manual_seed(seed)
    torch.save(dict(state_dict=MODELS.build(model).state_dict(), meta={}), path)
    return str(path)


def configured(path, options):
    config = Config.fromfile(path)
    config.merge_from_dict(options)
    return config


@pytest.fixture
def demo(motion, tmp_path):
    """The demo's config and two checkpoints of it."""
    config = configured(DEMO, retrieval(motion))
    for number, name in enumerate(("plain", "vididi")):
        (tmp_path / name).mkdir()
        saved(config.model, tmp_path / name / "epoch_1.pth", seed=number)
    return config, *(str(tmp_path / name / "epoch_1.pth") for name in ("plain", "vididi"))


@pytest.mark.parametrize("name", ENCODERS)
def test_tubes_of_the_four_encoders(name, tmp_path):
    options, positions = ENCODERS[name]
    config = Config.fromfile(CONFIGS / f"_base_/models/vicreg_{name}.py")
    config.merge_from_dict({f"model.backbone.{key}": value for key, value in options.items()})
    encoder = load_encoder(config, saved(config.model, tmp_path / "a.pth"), name)
    clips = torch.randint(256, (2, 3, 8, 32, 32), dtype=torch.uint8)
    tubes, found = encoder.tubes(clips, None)
    assert (tuple(tubes.shape), found) == ((2, 8, 32, 32), positions)
    centre, scale = (torch.tensor(config.model.data_preprocessor[key]).view(3, 1, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        maps = encoder.model.backbone((clips - centre) / scale)
    maps = maps if isinstance(maps, torch.Tensor) else maps[-1]
    torch.testing.assert_close(tubes, saliency_tubes(maps, feature_weights(maps), (8, 32, 32)))
    assert not any(module.training for module in encoder.model.modules())


def test_tubes_of_a_detectors_backbone(tmp_path, monkeypatch):
    """With a dataset in AVA's format, whose clips have no mask, and a detector's config and checkpoint."""
    write_ava_set(tmp_path / "data/ava", train=1, val=3, size=16, classes=("slide-x", "pulse"))
    monkeypatch.chdir(tmp_path)
    options = {**NO_WORKERS, "model.backbone.base_channels": 4, "model.backbone.stage_blocks": (1, 1, 1, 1),
               "model.roi_head.bbox_head.in_channels": 32, "test_dataloader.dataset.timestamp_end": 902,
               "test_dataloader.dataset.pipeline.2.scale": (-1, 32)}
    checkpoint = saved(configured(DETECTOR, options).model, tmp_path / "detector.pth")
    main([str(DETECTOR), checkpoint, "--out", "out", "--show", "1", "--cfg-options", *command_line(options)])
    record = json.loads((tmp_path / "out/saliency.json").read_text())
    assert record["attention_on_motion"]["videos"] == 3
    assert record["weights"] == "feature"
    assert record["moving_pixels"] == "pixels whose first derivative exceeds 0.1 of the range"
    assert (tmp_path / "out/saliency.png").stat().st_size > 10_000


def test_the_mask_of_a_motion_video_goes_through_the_pipeline(demo):
    """The clips are frames 0, 3, ..., 21 at half the size, and their moving pixels lie under the mask."""
    config, *_ = demo
    videos = videos_of(config)
    samples = list(read_clips(config, videos, motion_seed=0))
    assert len(samples) == 8
    for number, (clips, mask, _) in enumerate(samples):
        assert (tuple(clips.shape), tuple(mask.shape)) == ((4, 3, 8, 32, 32), (4, 8, 32, 32))
        truth = render_again(videos.get_data_info(number)["filename"], 26, 32)[1]
        torch.testing.assert_close(mask[0], truth[0:24:3, 0], rtol=0, atol=1 / 255)
    assert_mask_fits((clips, mask) for clips, mask, _ in samples)


def assert_mask_fits(samples):
    """Pixels change where the shape is or was, and not where a mirrored shape would be."""
    right, mirrored = [], []
    for clips, mask in samples:
        ever = mask.amax(dim=1, keepdim=True).expand_as(mask)  # a shape covers and uncovers pixels
        moving = moving_pixels(clips / 255, 0.2).float()
        right.append(attention_on_motion(moving, ever)[0].mean())
        mirrored.append(attention_on_motion(moving, ever.flip(-1))[0].mean())
    assert torch.stack(right).mean() > 0.85
    assert torch.stack(mirrored).mean() < 0.7


def test_the_mask_is_cropped_and_flipped_with_the_frames(demo):
    config, *_ = demo
    geometry = [dict(type="RandomCrop", size=24), dict(type="Flip", flip_ratio=1)]
    config.test_dataloader.dataset.datasets[1].pipeline[2] = dict(type="PerClip", transforms=geometry)
    samples = [(clips, mask) for clips, mask, _ in read_clips(config, videos_of(config), motion_seed=0)]
    assert {mask.shape for _, mask in samples} == {(4, 8, 24, 24)}
    assert_mask_fits(samples)


def test_reading_twice_gives_the_same_clips(demo):
    config, *_ = demo
    config.test_dataloader.dataset.datasets[1].pipeline[2] = dict(type="PerClip", transforms=[
        dict(type="RandomCrop", size=24)])
    first, second = ([clips for clips, *_ in read_clips(config, videos_of(config), motion_seed=0)] for _ in range(2))
    assert all(map(torch.equal, first, second))


def test_class_wise_tubes_use_the_weights_of_the_videos_class(motion, tmp_path):
    options = {**NO_WORKERS, "model.backbone.base_channels": 4, "model.cls_head.in_channels": 32,
               "test_dataloader.dataset.ann_file": f"{motion}/test.txt",
               "test_dataloader.dataset.data_prefix.video": str(motion)}
    config = configured(FINE_TUNED, options)
    checkpoint = saved(config.model, tmp_path / "a.pth")
    encoder = load_encoder(config, checkpoint, "a")
    clips = torch.randint(256, (2, 3, 8, 32, 32), dtype=torch.uint8)
    three, five = (encoder.tubes(clips, torch.tensor([label] * 2))[0] for label in (3, 5))
    assert not torch.allclose(three, five)
    encoder.classifier[5] = encoder.classifier[3]
    torch.testing.assert_close(encoder.tubes(clips, torch.tensor([5, 5]))[0], three)
    main([str(FINE_TUNED), checkpoint, "--out", str(tmp_path / "out"), "--videos", "3", "--cfg-options",
          *command_line(options)])
    record = json.loads((tmp_path / "out/saliency.json").read_text())
    assert (record["weights"], record["attention_on_motion"]["videos"]) == ("class", 3)


def test_a_head_missing_from_the_checkpoint_is_not_used(motion, tmp_path):
    config = configured(FINE_TUNED, {"model.backbone.base_channels": 4, "model.cls_head.in_channels": 32})
    checkpoint = saved(config.model, tmp_path / "a.pth")
    state = torch.load(checkpoint)["state_dict"]
    torch.save(dict(state_dict={f"module.{key}": value for key, value in state.items() if "cls_head" not in key}),
               checkpoint)
    encoder = load_encoder(config, checkpoint, "a")
    assert encoder.classifier is None
    loaded = encoder.model.backbone.state_dict()
    assert all(torch.equal(loaded[key.removeprefix("backbone.")], value) for key, value in state.items()
               if key.startswith("backbone.") and "num_batches" not in key)


def test_command_with_two_encoders(demo, motion, tmp_path, capsys):
    _, plain, vididi = demo
    options = command_line(retrieval(motion))
    main([str(DEMO), plain, str(DEMO), vididi, "--out", str(tmp_path / "out"), "--show", "3", "--cfg-options",
          *options])
    record = json.loads((tmp_path / "out/saliency.json").read_text())
    first, second = record["attention_on_motion"], record["compared_with"]["attention_on_motion"]
    assert (record["encoder"], record["compared_with"]["encoder"]) == ("plain", "vididi")
    assert record["moving_pixels"] == "the moving shape"
    assert first["videos"] == second["videos"] == 8
    assert first["chance"] == second["chance"]
    assert first["mean"] != second["mean"]
    for attention in (first, second):
        assert 0 < attention["mean"] < attention["mask_at_map_resolution"] < 1
    out = capsys.readouterr().out
    assert f"plain {100 * first['mean']:.1f} %, vididi {100 * second['mean']:.1f} %, chance " in out
    with av.open(str(tmp_path / "out/saliency.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 3 * 128, 3 * 128)
        assert sum(1 for _ in video.decode(stream)) == 8
    assert (tmp_path / "out/saliency.png").stat().st_size > 10_000
    main([str(DEMO), plain, "--out", str(tmp_path / "one"), "--cfg-options", *options])
    alone = json.loads((tmp_path / "one/saliency.json").read_text())
    assert alone == {key: value for key, value in record.items() if key != "compared_with"}


def test_numbers_by_hand(demo):
    config, plain, _ = demo
    encoder = load_encoder(config, plain, "plain")
    attention = measure([encoder], config, videos_of(config)).attention("plain")
    by_hand = {"mean": [], "chance": [], "mask_at_map_resolution": []}
    for clips, mask, _ in read_clips(config, videos_of(config), motion_seed=0):
        for name, tubes in (("mean", encoder.tubes(clips, None)[0]), ("chance", torch.ones(4, 8, 32, 32)),
                            ("mask_at_map_resolution", mask_tubes(mask, (2, 2, 2)))):
            by_hand[name].append(((tubes * mask).sum((1, 2, 3)) / tubes.sum((1, 2, 3))).mean().item())
    assert {name: attention[name] for name in by_hand} == pytest.approx(
        {name: mean(values) for name, values in by_hand.items()}, abs=1e-4)
    assert attention["std"] == pytest.approx(stdev(by_hand["mean"]), abs=1e-4)


def test_with_several_stages_the_last_one_is_used(demo):
    config, plain, _ = demo
    clips = torch.randint(256, (1, 3, 8, 32, 32), dtype=torch.uint8)
    tubes = {}
    for stages in ((1, 3), (3,), (1,)):
        config.model.backbone.out_indices = stages
        tubes[stages] = load_encoder(config, plain, "plain").tubes(clips, None)[0]
    assert torch.equal(tubes[1, 3], tubes[3,])
    assert not torch.equal(tubes[1, 3], tubes[1,])


@pytest.mark.slow
def test_command_in_a_process_of_its_own_with_workers(demo, motion, tmp_path):
    options = retrieval(motion) | {"test_dataloader.num_workers": 2, "test_dataloader.persistent_workers": True}
    log = run_tool("-m", "vididi_transforms", "saliency", DEMO, demo[1], "--out", tmp_path / "out",
                   "--videos", 4, "--cfg-options", *command_line(options))
    assert re.search(r"attention on the moving shape, mean of 4 videos: plain \d+\.\d %, chance \d+\.\d %", log)


class Code:
    def __reduce__(self):
        return os.mkdir, ("was_run",)


def test_code_in_a_checkpoint_is_not_run(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict={}, meta=Code()), "evil.pth")
    with pytest.raises(SystemExit):
        main([str(DEMO), "evil.pth", "--out", "out"])
    assert "its code is never run: torch's safe loader refused evil.pth" in capsys.readouterr().err
    assert not (tmp_path / "was_run").exists()


def test_an_impossible_folder_is_an_error_before_measuring(demo, motion, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("vididi_transforms.mmaction2.evaluation.saliency.measure", None)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        main([str(DEMO), str(demo[1]), "--out", str(tmp_path / "file"), "--cfg-options",
              *command_line(retrieval(motion))])
    assert capsys.readouterr().err.strip().endswith(f"File exists: {tmp_path}/file")


def test_evenly_spaced_videos_are_of_several_classes():
    for number, total in ((4, 480), (6, 3783), (8, 8), (9, 8), (1, 5), (100, 160)):
        chosen = evenly(number, total)
        assert len(chosen) == len(set(chosen)) == min(number, total)
        assert min(chosen) >= 0
        assert max(chosen) < total
    assert len({index % 8 for index in evenly(4, 480)}) == 4


def arguments(tmp_path, *more):
    return [str(DEMO), str(tmp_path / "plain/epoch_1.pth"), "--out", str(tmp_path / "out"), *more]


FRAMES = dict(imgs=[torch.zeros(8, 8, 3).numpy()] * 2, frame_inds=torch.arange(2).numpy(), total_frames=2,
              filename="test/pulse_00004.mp4")
ROWS = [
    (lambda p, o: main([str(DEMO), *arguments(p)]), "saliency takes CONFIG CHECKPOINT once or twice: got 3 arguments"),
    (lambda p, o: main(arguments(p)[:2] * 2 + arguments(p)[2:]),
     "encoders need different names, one each: got ['plain', 'plain']; give --names"),
    (lambda p, o: main(arguments(p, "--videos", "0")), "numbers of videos must be >= 1: got videos=0, show=4"),
    (lambda p, o: main(arguments(p, "--cfg-options", "model.backbone.base_channels=8")),
     "a checkpoint must hold the whole backbone of its config: CHECKPOINT lacks 65 tensors (name and shape), "
     "['backbone.conv1.conv.weight', 'backbone.conv1.bn.weight', 'backbone.conv1.bn.bias']"),
    (lambda p, o: main(arguments(p, "--cfg-options", *o, "test_dataloader=None")),
     "saliency needs a config with a test_dataloader: CONFIG has none"),
    (lambda p, o: main(arguments(p, "--motion-seed", "1", "--cfg-options", *o)),
     "saliency on motion videos needs the seed they were written with: frames of 'VIDEO' differ by NUMBER on average "
     "from those of seed 1; give --motion-seed"),
    (lambda p, o: main(arguments(p, "--cfg-options", *o, "test_dataloader.dataset.datasets.1.pipeline.3.input_format="
                                 "NCHW")),
     "saliency needs uint8 clips [N, 3, T, H, W] of each video from the pipeline: got (32, 4, 32, 32), torch.uint8"),
    (lambda p, o: ShapeMask(1)(FRAMES), "saliency on motion videos needs the seed they were written with: frames of "
     "'test/pulse_00004.mp4' differ by NUMBER on average from those of seed 1; give --motion-seed"),
    (lambda p, o: add_shape_mask(Compose([dict(type="SetRetrievalSplit", split="query")]), 0),
     "a video pipeline needs ReadVideo or a transform named ...Decode: got SetRetrievalSplit"),
    (lambda p, o: Encoder("a", Still(), torch.eye(2)).tubes(torch.zeros(1, 3, 2, 4, 4), None),
     "class-wise tubes need a dataset with labels: got none for a, which has a linear head"),
    (lambda p, o: Encoder("a", SlowFast(), None).tubes(torch.zeros(1, 3, 2, 4, 4), None),
     "saliency needs an encoder that returns maps [B, D, t, h, w] of one pathway, without a class token: got tuple "
     "[(1, 3, 1, 4, 4), (1, 3, 2, 4, 4)] from a"),
    (lambda p, o: main(arguments(p, "--threshold", "2", "--cfg-options", *o,
                                 f"test_dataloader.dataset.datasets.1.ann_file={p}/other.txt",
                                 f"test_dataloader.dataset.datasets.1.data_prefix.video={p}")),
     "attention on motion needs videos with motion: nothing moves in 1 videos"),
]


class Still:
    """A model that returns its input."""

    data_preprocessor = staticmethod(lambda data, training: dict(inputs=data["inputs"][0][None]))
    backbone = staticmethod(lambda inputs: inputs)


class SlowFast(Still):
    """A model that also returns every second frame."""

    backbone = staticmethod(lambda inputs: (inputs[:, :, ::2], inputs))


def errors(demo, motion, tmp_path):
    (tmp_path / "other.mp4").write_bytes(next(motion.glob("test/*.mp4")).read_bytes())
    (tmp_path / "other.txt").write_text("other.mp4 0\n")
    options = command_line(retrieval(motion))
    return [error_of(partial(call, tmp_path, options)) for call, _ in ROWS]


def test_every_error_and_its_message(demo, motion, tmp_path, monkeypatch):
    raised = errors(demo, motion, tmp_path)
    for error, (_, message) in zip(raised, ROWS, strict=True):
        text = re.sub(r"\S+\.pth", "CHECKPOINT", re.sub(r"\S+rgb\.py", "CONFIG", str(error)))
        text = re.sub(r"differ by 0\.\d\d", "differ by NUMBER", re.sub(r"'/\S+\.mp4'", "'VIDEO'", text))
        assert (type(error), text) == (ValueError, message)
    files = [PACKAGE / "mmaction2" / f"{name}.py" for name in (
        "evaluation/saliency", "evaluation/saliency_inputs", "datasets/shape_mask")]
    assert not_raised(files, raised) == []
