"""Errors of datasets, models, hooks and metrics, with their whole messages. A new ``raise`` there needs a row.

Errors of processes, checkpoints and tools have tests in their own files.
"""
from types import SimpleNamespace
from unittest.mock import patch

import torch
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.logging import MMLogger
from raises import PACKAGE, error_of, for_each_row, kind_and_message, not_raised
from recognizers import BACKBONE, SLOWFAST, byol_recognizer, recognizer
from retrieval_samples import samples

import vididi_transforms as vt
from vididi_transforms.mmaction2 import (
    BNStatisticsHook,
    ClipColorJitter,
    ClipGaussianBlur,
    ClipGrayscale,
    ClipPairDataPreprocessor,
    DumpFeatures,
    FrameEncoder,
    MomentumRecognizer,
    MomentumUpdateHook,
    PerClip,
    ReadVideo,
    SampleClipPair,
    SetRetrievalSplit,
    TorchvisionVideoBackbone,
    TwoViewRecognizer,
    VideoReadError,
    VideoRetrievalMetric,
    ViDiDiHook,
)
from vididi_transforms.mmaction2.models.encoders import encode
from vididi_transforms.mmaction2.vididi_hook import _check_same

NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
BYTES, IMGS = torch.zeros(4, 2, 3, 5, 8, 8, dtype=torch.uint8), [None] * 8
TWO = "training on two views needs inputs [B, 2, C, T, H, W] (two clips of each video): got "
LIST = "training on two views needs a list of two tensors [B, C, T, H, W]: got "
RESNET = dict(type="ResNet", depth=18, pretrained=None)
TSM = dict(RESNET, type="ResNetTSM", pretrained2d=False, num_segments=8)
HEAD, VICREG = dict(type="BYOLHead", in_channels=32), dict(type="VICRegHead", in_channels=32)


@TRANSFORMS.register_module(force=True)
class Shorter:
    def __call__(self, results):
        return {**results, "imgs": results["imgs"][1:]}


@MODELS.register_module(force=True)
class Pooled(torch.nn.Module):
    def forward(self, pictures):
        return pictures.mean((2, 3))


class Frames(Pooled):
    def forward(self, clips):
        return super().forward(clips.transpose(1, 2).flatten(0, 1))


@TRANSFORMS.register_module(force=True)
class Unreadable:
    def __call__(self, results):
        raise OSError("moov atom not found")


def differentiate(output, **options):
    return ViDiDiHook(**options)._differentiate(torch.nn.Module(), ({}, True), {}, output)


def two_of_them():
    hook = ViDiDiHook()
    hook.before_train(SimpleNamespace(hooks=[hook, ViDiDiHook()]))


def train(hook, **runner):
    hook.before_train(SimpleNamespace(**dict(hooks=[hook], seed=0, iter=0) | runner))


def preprocess(clips, **options):
    return ClipPairDataPreprocessor(**NORM, **options)(dict(inputs=clips), True)


def encoded(backbone, frames=8, build=recognizer, **head):
    build(backbone, **head)(torch.zeros(4, 2, 3, frames, 16, 16), [], mode="loss")


def without_its_hook():
    model = byol_recognizer().train()
    for _ in range(2):
        model(torch.randn(4, 2, 3, 6, 16, 16), [], mode="loss")


def per_clip(number=8, **transform):
    return PerClip([transform] if transform else []).transform(dict(imgs=IMGS[:number], num_clips=2, clip_len=4))


def measured(data, metric=VideoRetrievalMetric, **options):
    metric = metric(**options)
    metric.process(None, data)
    return metric.evaluate(len(data))


def without(key):
    return [{name: value for name, value in samples()[0].items() if name != key}]


def without_a_runner():
    with patch.object(MMLogger, "get_current_instance", return_value=SimpleNamespace(log_file=None)):
        DumpFeatures()


def needed(keys, got, metric="VideoRetrievalMetric"):
    return (f"{metric} needs {keys} in every data sample: got the keys {got}; use SetRetrievalSplit, meta_keys of "
            "PackActionInputs, and a model that predicts features")


ROWS = [
    # hooks, views
    (lambda: ViDiDiHook(schedule="vididy"), ValueError,
     f"schedule must be one of {', '.join(vt.SCHEDULES)}: got 'vididy'"),
    (lambda: ViDiDiHook(seed=-1), ValueError, "seed must be in [0, 2**64): got -1"),
    (lambda: ViDiDiHook(epoch_length=0), ValueError, "epoch_length must be an integer >= 1: got 0"),
    (lambda: ViDiDiHook(length=2.5), TypeError, "length must be an int: got 2.5 of type float"),
    (two_of_them, ValueError, "a run can have only one ViDiDiHook: got 2"),
    (lambda: train(ViDiDiHook(), model=torch.nn.Linear(1, 1)), TypeError,
     "ViDiDiHook needs a model with a data preprocessor: Linear has none"),
    (lambda: train(MomentumUpdateHook(), model=torch.nn.Linear(1, 1)), TypeError,
     "MomentumUpdateHook needs a MomentumRecognizer: got Linear"),
    (lambda: differentiate(torch.zeros(1)), TypeError,
     "ViDiDiHook needs a data preprocessor that returns a dict with 'inputs': got Tensor"),
    (lambda: differentiate(dict(imgs=BYTES)), TypeError,
     "ViDiDiHook needs a data preprocessor that returns a dict with 'inputs': got dict with imgs"),
    *((lambda inputs=inputs: differentiate(dict(inputs=inputs)), kind, message) for inputs, kind, message in (
        (torch.zeros(4, 1, 3, 8, 2, 2), ValueError, f"{TWO}(4, 1, 3, 8, 2, 2)"),
        (torch.zeros(4, 3, 8, 2, 2), ValueError, f"{TWO}(4, 3, 8, 2, 2)"),
        ([torch.zeros(4, 3, 8, 2, 2)], ValueError, f"{LIST}[(4, 3, 8, 2, 2)]"),
        ([torch.zeros(3, 8, 2, 2)] * 2, ValueError, f"{LIST}[(3, 8, 2, 2), (3, 8, 2, 2)]"),
        (dict(a=1), TypeError, "inputs must be a tensor or a list of two tensors: got dict"),
        (torch.zeros(4, 2, 3, 2, 2, 2), ValueError,
         "the schedule takes derivatives up to order 2, so clips need at least 3 frames: got T=2"))),
    (lambda: differentiate(dict(inputs=torch.zeros(4, 2, 3, 5, 2, 2)), length=4), ValueError,
     "the schedule takes derivatives up to order 2, so clips need at least 6 frames: got T=5"),
    (lambda: _check_same([(1, 1), (1, 0), (1, 1)], 2, 7), RuntimeError,
     "all ranks must choose the same orders: in epoch 2, step 7, counted from 0, got (1, 1) on rank 0, 2; "
     "(1, 0) on rank 1"),
    # data_preprocessor
    (lambda: preprocess(BYTES, format_shape="NCHW"), ValueError, "format_shape must be 'NCTHW': got 'NCHW'"),
    (lambda: preprocess(BYTES, dtype="int8"), ValueError,
     "dtype must be one of float32, bfloat16, float16: got 'int8'"),
    (lambda: preprocess(BYTES, backend="fast"), ValueError,
     "backend must be one of auto, eager, compiled, triton: got 'fast'"),
    (lambda: preprocess(BYTES, augment=dict(seed=1)), ValueError,
     "augment takes no seed (the run's is used), mean or std: got {'seed': 1}"),
    (lambda: preprocess(BYTES[:, 0]), ValueError, f"{TWO}(4, 3, 5, 8, 8)"),
    (lambda: preprocess(BYTES.float()), TypeError, "ClipPairDataPreprocessor needs uint8 clips: got torch.float32"),
    # clip_pairs, clip_transforms
    (lambda: ReadVideo(dict(type="Unreadable")).transform(dict(filename="a.mp4")), VideoReadError,
     "cannot read video 'a.mp4': FileNotFoundError: [Errno 2] No such file or directory: 'a.mp4'"),
    (lambda: ReadVideo(dict(type="Unreadable"), dict(init=None, decode=dict(type="Unreadable"))).transform(
        dict(filename="a.mp4")), VideoReadError, "cannot read video 'a.mp4': OSError: moov atom not found"),
    *((lambda reader=reader: ReadVideo(dict(type="SampleClipPair", clip_len=8), reader), ValueError,
       f"reader must be one of pyav, opencv, or dict(init=..., decode=...): got {reader!r}")
      for reader in ("decord", "cv2", None, dict(init=dict(type="DecordInit")))),
    (lambda: SampleClipPair(8, mode="both"), ValueError,
     "mode must be one of independent, consecutive, halves: got 'both'"),
    (lambda: SampleClipPair(0), ValueError, "clip_len and frame_interval must be >= 1: got 0 and 1"),
    (lambda: SampleClipPair(8).transform(dict(total_frames=0)), ValueError,
     "a video needs at least one frame: got total_frames=0"),
    (lambda: per_clip(7), ValueError, "PerClip needs num_clips * clip_len frames: got 7 for 2 clips of 4"),
    (lambda: per_clip(type="Shorter"), ValueError,
     "a transform in PerClip must keep the number of frames: 4 became 3"),
    (lambda: SetRetrievalSplit("train"), ValueError, "split must be 'gallery' or 'query': got 'train'"),
    *((lambda kind=kind: kind(p=2), ValueError, "p must be a probability in [0, 1]: got 2")
      for kind in (ClipColorJitter, ClipGrayscale, ClipGaussianBlur)),
    # backbones, recognizers
    (lambda: TorchvisionVideoBackbone("swin3d_t"), ValueError,
     "name must be one of r3d_18, mc3_18, r2plus1d_18, s3d: got 'swin3d_t'"),
    *((lambda stages=stages: TorchvisionVideoBackbone("r3d_18", out_indices=stages), ValueError,
       f"out_indices must be one or more increasing stages, 0 to 4: got {stages!r}")
      for stages in ((), (1, 5), (3, 2), (2, 2), -1)),
    (lambda: TorchvisionVideoBackbone("r3d_18", frozen_stages=5), ValueError,
     "frozen_stages must be -1 (none) to 4: got 5"),
    (lambda: TwoViewRecognizer(BACKBONE, VICREG, neck=dict(type="TPN")), ValueError,
     "a two-view recognizer has no neck: got {'type': 'TPN'}"),
    (lambda: TwoViewRecognizer(BACKBONE, VICREG, bn_statistics="derivatives"), ValueError,
     "bn_statistics must be 'frames' or 'all': got 'derivatives'"),
    (lambda: BNStatisticsHook(videos=0), ValueError, "videos must be an integer >= 1: got 0"),
    (lambda: MomentumRecognizer(BACKBONE, HEAD, base_momentum=1.0), ValueError,
     "base_momentum must be in (0, 1): got 1.0"),
    (lambda: MomentumRecognizer(BACKBONE, VICREG), TypeError,
     "MomentumRecognizer needs a MomentumHead, such as BYOLHead: got VICRegHead"),
    (without_its_hook, RuntimeError, "the momentum encoder is never updated: add default_hooks = "
     "dict(target=dict(type='MomentumUpdateHook'))"),
    # encoders
    *((lambda build=build, options=options: encoded(SLOWFAST, build=build, **options), ValueError,
       "in_channels of the head must be the width of the encoder's feature: got in_channels=32, and (4, 48) from "
       "[(4, 32, 2, 1, 1), (4, 16, 8, 1, 1)]")
      for build, options in ((recognizer, {}), (byol_recognizer, {}))),
    (lambda: encoded(SLOWFAST, frames=7), ValueError,
     "SlowFast with resample_rate=4, speed_ratio=4 needs clips of a multiple of 4 frames: got T=7; "
     "ViDiDiHook(length=4) gives this number at every derivative order"),
    (lambda: encoded(RESNET), ValueError,
     "a 2-D encoder takes pictures [B, C, H, W]: got clips (4, 3, 8, 16, 16); FrameEncoder applies it to each frame: "
     "backbone=dict(type='FrameEncoder', encoder=dict(type=...))"),
    (lambda: encoded(dict(type="FrameEncoder", encoder=TSM), frames=7), ValueError,
     "ResNetTSM with num_segments=8 needs clips of as many frames: got T=7; ViDiDiHook(length=8) gives this number at "
     "every derivative order"),
    (lambda: FrameEncoder(dict(type="Pooled"))(BYTES[:, 0].float()), TypeError,
     "FrameEncoder needs a 2-D encoder that returns maps [B * T, D, h, w]: got Tensor (20, 3)"),
    (lambda: encode(Frames(), BYTES[:, 0].float()), ValueError,
     "an encoder must return one row per clip: got (20, 3) from (4, 3, 5, 8, 8)"),
    # retrieval_metric
    (lambda: VideoRetrievalMetric(protocol="coclr"), ValueError,
     "protocol must be one of paper, authors, centred: got 'coclr'"),
    (lambda: VideoRetrievalMetric(metric="cos"), ValueError, "metric must be one of cosine, euclidean: got 'cos'"),
    (lambda: VideoRetrievalMetric(topk=(0,)), ValueError, "each k of topk must be an integer >= 1: got 0"),
    (lambda: VideoRetrievalMetric(chunk=0), ValueError, "chunk must be an integer >= 1: got 0"),
    (lambda: measured(without("split")), ValueError, needed("split", ["feature", "filename", "gt_label"])),
    (lambda: measured(without("feature")), ValueError, needed("feature", ["filename", "gt_label", "split"])),
    (lambda: measured(samples(), protocol="authors"), ValueError,
     needed("total_frames", ["feature", "filename", "gt_label", "split"])),
    (lambda: measured(samples()[:15]), ValueError,
     "retrieval needs at least one query video: got none; mark the videos with SetRetrievalSplit"),
    (lambda: measured([{**sample, "total_frames": 64} for sample in samples()], protocol="authors"), ValueError,
     "retrieval needs at least one gallery video with 65 frames or more: got none; mark the videos with "
     "SetRetrievalSplit"),
    # dump_features
    (without_a_runner, ValueError, "out must be a path if there is no Runner: got None"),
    (lambda: DumpFeatures("features.pkl"), ValueError, "out must end in .npz: got 'features.pkl'"),
    (lambda: measured(without("filename"), DumpFeatures, out="a.npz"), ValueError,
     needed("filename", ["feature", "gt_label", "split"], "DumpFeatures")),
    (lambda: measured(without("split"), DumpFeatures, out="a.npz"), ValueError,
     needed("split", ["feature", "filename", "gt_label"], "DumpFeatures")),
]
FILES = [PACKAGE / "mmaction2/vididi_hook.py", *(path for room, names in {
    "datasets": ("clip_pairs", "clip_transforms", "samplers"),
    "models": ("backbones", "data_preprocessor", "encoders", "heads/templates", "momentum_encoder", "recognizers",
               "two_views"),
    "engine": ("momentum_update", "runner_utils", "step_seed"),
    "evaluation": ("dump_features", "retrieval_metric"),
}.items() for path in (PACKAGE / "mmaction2" / room / f"{name}.py" for name in names))]


@for_each_row(ROWS)
def test_message(call, kind, message):
    assert kind_and_message(call) == (kind, message)


def test_every_raise_has_a_row():
    assert not_raised(FILES, [error_of(call) for call, *_ in ROWS]) == []
