"""Every error of the core: a call, the error and its whole message.

A new ``raise`` needs a row.
"""
import json
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from feature_files import save, toy
from raises import PACKAGE, error_of, for_each_row, kind_and_message, not_raised

import vididi_transforms as vt
from vididi_transforms.analysis import attention, saliency, taylor
from vididi_transforms.analysis import derivative_strip as analysis
from vididi_transforms.analysis.derivative_strip import derivative_strip
from vididi_transforms.analysis.report import read_run, write_report
from vididi_transforms.augment.resample import resized_crop
from vididi_transforms.data import motion_videos, motions
from vididi_transforms.data.video_io import UnreadableError
from vididi_transforms.evaluation.clustering import best_retrieved_classes, draw, silhouette, tsne
from vididi_transforms.evaluation.features import FeatureSet, read_features, read_runs
from vididi_transforms.evaluation.probe import probe
from vididi_transforms.evaluation.retrieval import recall_of_hits
from vididi_transforms.objectives.embeddings import global_average_pool
from vididi_transforms.pairs.keyed_random import keyed_generator

NAN = float("nan")
CLIP, CLIPS = torch.zeros(3, 4, 2, 2), torch.zeros(2, 3, 4, 8, 8)
Z = torch.ones(4, 3)
LABELS = torch.zeros(4, dtype=torch.long)
STATE = vt.PairSelector(seed=7).state_dict()
CYCLE = "cycle must hold at least one pair of orders: got "
NAMES = ("base, random-1st, random-1st-2nd, reverse, schedule-1st, schedule-1st-mix, schedule-1st-2nd, "
         "schedule-1st-2nd-mix, vididi")
MOTIONS = "slide-x, slide-y, circle, rotate, pulse, shake-x, shake-y, tumble"


def sweep(**change):
    return vt.augment_and_differentiate(**dict(clips=CLIPS, params=torch.zeros(2, 21)) | change)


def unreadable(path):
    with patch("vididi_transforms.analysis.derivative_strip.decoded", side_effect=UnreadableError("no frame")):
        analysis.read_clip(path)


def without_interpreter(call):
    with patch.dict(os.environ):
        os.environ.pop("TRITON_INTERPRET", None)
        call()


def augmented(clips, number, **options):
    augment = vt.ClipAugment(size=4, **options)
    return augment(clips, augment.draw((number, 3, 4, 8, 8)))


HERE = Path(tempfile.gettempdir(), "vididi-test-errors")
FILE = HERE / "features.npz"
NUMBERS = np.zeros(4, dtype=int)


def read(*missing, **changed):
    content = {key: value for key, value in (toy() | changed).items() if key not in missing}
    return read_features(save(FILE, **content))


def read_text(text):
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text)
    return read_features(FILE)


def runs_of(**changed):
    return read_runs([save(HERE / "a.npz", **toy()), save(HERE / "b.npz", **toy() | changed)])


def saliency_json(**content):
    (HERE / "run").mkdir(parents=True, exist_ok=True)
    (HERE / "run/saliency.json").write_text(json.dumps(content))
    read_run(HERE / "run")


def same_names():
    for folder in ("x/run", "y/run"):
        save(HERE / folder / "features.npz", **toy())
    write_report([HERE / "x/run", HERE / "y/run"], HERE / "report.html")


def empty():
    (HERE / "empty").mkdir(parents=True, exist_ok=True)
    read_run(HERE / "empty")


DERIVATIVES = [
    (lambda: vt.temporal_difference(torch.zeros(8, 3, 1, 112, 112), 2), ValueError,
     "order 2 needs clips of at least 3 frames: got T=1 (shape (8, 3, 1, 112, 112), dim=-3)"),
    (lambda: vt.temporal_difference(CLIP, -1), ValueError, "order must be an integer >= 0: got -1"),
    (lambda: vt.temporal_difference(CLIP, 1.0), TypeError, "order must be an int: got 1.0 of type float"),
    (lambda: vt.temporal_difference(CLIP, True), TypeError, "order must be an int: got True of type bool"),
    (lambda: vt.temporal_difference(CLIP[0, 0], 1), ValueError,
     "dim must be one of the clip's 2 dimensions: got dim=-3 (shape (2, 2))"),
    (lambda: vt.temporal_difference(CLIP, 1, dim="t"), TypeError, "dim must be an int: got 't' of type str"),
    (lambda: vt.temporal_difference(np.zeros((3, 4, 2, 2))), TypeError, "clip must be a torch.Tensor: got ndarray"),
    (lambda: vt.TemporalDifference(-2), ValueError, "order must be an integer >= 0: got -2"),
    (lambda: vt.TemporalDifference(1, dim=None), TypeError, "dim must be an int: got None of type NoneType"),
    (lambda: vt.match_length(CLIP, length=5), ValueError,
     "length must be in [0, T] of the shortest clip: got length=5 for T=4"),
    (lambda: vt.match_length(CLIP, length=2.0), TypeError, "length must be an int: got 2.0 of type float"),
    (lambda: vt.match_length(CLIP, None), TypeError, "clip must be a torch.Tensor: got NoneType"),
    (lambda: vt.taylor_expand([], 1.0), ValueError, "derivatives must hold at least order 0: got an empty sequence"),
    (lambda: derivative_strip(CLIP.byte()), TypeError,
     "clip must be [3, T, H, W], floating point in [0, 1]: got (3, 4, 2, 2), torch.uint8"),
    (lambda: derivative_strip(CLIPS), TypeError,
     "clip must be [3, T, H, W], floating point in [0, 1]: got (2, 3, 4, 8, 8), torch.float32"),
    (lambda: derivative_strip(CLIP, orders=()), ValueError, "a strip needs at least one order: got ()"),
]
SELECTOR = [
    (lambda: vt.PairSelector("vidid"), ValueError, f"schedule must be one of {NAMES}: got 'vidid'"),
    (lambda: vt.PairSelector(["vididi"]), ValueError,
     "schedule must be a name, a Schedule, or a dict with 'cycle' and 'p_extra': got ['vididi']"),
    (lambda: vt.PairSelector(dict(cycel=[(1, 1)])), ValueError,
     "schedule must be a name, a Schedule, or a dict with 'cycle' and 'p_extra': got {'cycel': [(1, 1)]}"),
    (lambda: vt.PairSelector(seed=-1), ValueError, "seed must be in [0, 2**64): got -1"),
    (lambda: vt.PairSelector(seed=2**64), ValueError, "seed must be in [0, 2**64): got 18446744073709551616"),
    (lambda: vt.PairSelector(seed=0.5), TypeError, "seed must be an int: got 0.5 of type float"),
    (lambda: vt.PairSelector().orders(-1, 0), ValueError, "epoch must be in [0, 2**64): got -1"),
    (lambda: vt.PairSelector().orders(0, "1"), TypeError, "step must be an int: got '1' of type str"),
    (lambda: vt.Schedule(cycle=()), ValueError, f"{CYCLE}()"),
    (lambda: vt.Schedule(cycle=((1, 1, 1),)), ValueError, f"{CYCLE}((1, 1, 1),)"),
    (lambda: vt.Schedule(cycle=(1, 2)), ValueError, f"{CYCLE}(1, 2)"),
    (lambda: vt.Schedule(cycle="11"), ValueError, f"{CYCLE}'11'"),
    (lambda: vt.Schedule(cycle=((1, ()),)), ValueError, "orders to choose from must not be empty: got ((1, ()),)"),
    (lambda: vt.Schedule(cycle=((1, 0.5),)), TypeError, "order must be an int: got 0.5 of type float"),
    (lambda: vt.Schedule(cycle=((1, -1),)), ValueError, "order must be an integer >= 0: got -1"),
    (lambda: vt.Schedule(((1, 1),), p_extra="0.5"), ValueError, "p_extra must be a probability in [0, 1]: got '0.5'"),
    (lambda: vt.Schedule(((1, 1),), p_extra=1.5), ValueError, "p_extra must be a probability in [0, 1]: got 1.5"),
    (lambda: vt.Schedule(((1, 1),), p_extra=NAN), ValueError, "p_extra must be a probability in [0, 1]: got nan"),
    (lambda: vt.PairSelector(seed=8).load_state_dict(STATE), ValueError,
     "a run can only be resumed with its own seed: the state has 7, this selector 8"),
    (lambda: vt.PairSelector("base", seed=7).load_state_dict(STATE), ValueError,
     "a run can only be resumed with its own schedule: the state has Schedule(cycle=((1, 1), (1, 0), (0, 1), (0, 0)), "
     "p_extra=0.5), this selector Schedule(cycle=((0, 0),), p_extra=0.0)"),
    (lambda: vt.PairSelector().load_state_dict(dict(seed=0)), ValueError,
     "a state must be a dict with schedule and seed: got {'seed': 0}"),
    (lambda: keyed_generator("demo", 0, 1, 2, 3, 4), ValueError,
     "a key is a seed and at most 3 counters in [0, 2**64): got (0, 1, 2, 3, 4)"),
    (lambda: keyed_generator("demo", 0, 2**64), ValueError,
     "a key is a seed and at most 3 counters in [0, 2**64): got (0, 18446744073709551616)"),
    (lambda: keyed_generator("a", True), TypeError, "a seed or counter must be an int: got True of type bool"),
]
AUGMENTATION = [
    (lambda: vt.ClipAugment(size=0), ValueError, "size must be an integer >= 1: got 0"),
    (lambda: vt.ClipAugment(size=True), TypeError, "size must be an int: got True of type bool"),
    (lambda: vt.ClipAugment(p_blur=1.5), ValueError, "p_blur must be a probability in [0, 1]: got 1.5"),
    (lambda: vt.ClipAugment(p_gray=NAN), ValueError, "p_gray must be a probability in [0, 1]: got nan"),
    (lambda: vt.ClipAugment(hue=0.6), ValueError, "hue must be in [0, 0.5]: got 0.6"),
    (lambda: vt.ClipAugment(brightness=-0.1), ValueError, "brightness must be in [0, 1.0]: got -0.1"),
    (lambda: vt.ClipAugment(sigma=(2.0, 0.1)), ValueError,
     "sigma must be a range of positive numbers: got (2.0, 0.1)"),
    (lambda: vt.ClipAugment(area=0.5), ValueError, "area must be a range of positive numbers: got 0.5"),
    (lambda: vt.ClipAugment(ratio=(1, float("inf"))), ValueError,
     "ratio must be a range of positive numbers: got (1, inf)"),
    (lambda: vt.ClipAugment(kernel_size=4), ValueError, "kernel_size must be an odd integer >= 1: got 4"),
    (lambda: vt.ClipAugment(contrast_mean="video"), ValueError, "contrast_mean must be 'clip' or 'frame': got 'video'"),
    (lambda: vt.ClipAugment(seed=-1), ValueError, "seed must be in [0, 2**64): got -1"),
    (lambda: vt.ClipAugment().draw((2, 3)), ValueError, "shape must be [B, 3, T, H, W] with H, W >= 1: got (2, 3)"),
    (lambda: vt.ClipAugment().draw((2, 3, 8, 0, 9)), ValueError,
     "shape must be [B, 3, T, H, W] with H, W >= 1: got (2, 3, 8, 0, 9)"),
    (lambda: augmented(CLIPS, 5), ValueError, "params must be AugmentParams of length 2, like the clips: got length 5"),
    (lambda: augmented(CLIPS[:1], 5), ValueError,
     "params must be AugmentParams of length 1, like the clips: got length 5"),
    (lambda: vt.ClipAugment()(CLIPS, None), ValueError,
     "params must be AugmentParams of length 2, like the clips: got NoneType"),
    (lambda: augmented(CLIPS.long(), 2), TypeError, "clips must be uint8 or floating point: got torch.int64"),
    (lambda: augmented(CLIPS[..., :4], 2, area=(1.0, 1.0), ratio=(1.0, 1.0)), ValueError,
     "crops must be inside the frame: got top, left, height, width = [0, 0, 8, 8] for frames of [8, 4]"),
    *((lambda box=box: resized_crop(CLIPS, torch.tensor([[0, 0, 8, 8], box]), torch.tensor([True, False]), 4),
       ValueError, f"crops must be inside the frame: got top, left, height, width = {box} for frames of [8, 8]")
      for box in ([4, 1, 5, 4], [0, 0, 4, 9], [-1, 0, 4, 4], [0, 0, 0, 4])),
    (lambda: sweep(clips=torch.zeros(2, 1, 4, 8, 8)), ValueError, "clips must be [B, 3, T, H, W]: got (2, 1, 4, 8, 8)"),
    (lambda: sweep(clips=[1]), ValueError, "clips must be [B, 3, T, H, W]: got list"),
    (lambda: sweep(clips=CLIPS.long()), TypeError, "clips must be uint8 or floating point: got torch.int64"),
    (lambda: sweep(orders=(4,)), ValueError,
     "order 4 needs clips of at least 5 frames: got T=4 (shape (2, 3, 4, 8, 8), dim=2)"),
    (lambda: sweep(orders=(-1,)), ValueError, "order must be an integer >= 0: got -1"),
    (lambda: sweep(orders=(1, 1)), ValueError, "orders must all be different: got (1, 1)"),
    (lambda: sweep(std=(1, 1, 0)), ValueError,
     "mean and std must be three finite numbers each, std >= 1e-6: got (0.485, 0.456, 0.406) and (1, 1, 0)"),
    (lambda: sweep(std=(1, 1, 1e-40)), ValueError,
     "mean and std must be three finite numbers each, std >= 1e-6: got (0.485, 0.456, 0.406) and (1, 1, 1e-40)"),
    (lambda: sweep(mean=(0, NAN, 0)), ValueError,
     "mean and std must be three finite numbers each, std >= 1e-6: got (0, nan, 0) and (0.229, 0.224, 0.225)"),
    (lambda: sweep(kernel_size=2), ValueError, "kernel_size must be an odd integer >= 1: got 2"),
    (lambda: sweep(kernel_size=3.0), TypeError, "kernel_size must be an int: got 3.0 of type float"),
    (lambda: sweep(kernel_size=True), TypeError, "kernel_size must be an int: got True of type bool"),
    (lambda: sweep(kernel_size=17), ValueError,
     "half of kernel_size must be less than height and width: got 17 (shape (2, 3, 4, 8, 8))"),
    (lambda: sweep(contrast_mean="x"), ValueError, "contrast_mean must be 'clip' or 'frame': got 'x'"),
    (lambda: sweep(dtype=torch.float64), TypeError, "dtype must be float32, bfloat16 or float16: got torch.float64"),
    (lambda: sweep(backend="c"), ValueError, "backend must be one of auto, eager, compiled, triton: got 'c'"),
    (lambda: without_interpreter(lambda: sweep(backend="triton")), ValueError,
     "backend 'triton' needs clips on CUDA: got cpu"),
    (lambda: sweep(params=torch.zeros(3, 21)), ValueError,
     "params must be AugmentParams or a table [2, 21] for these clips: got (3, 21)"),
    (lambda: sweep(params=torch.zeros(2, 5)), ValueError,
     "params must be AugmentParams or a table [2, 21] for these clips: got (2, 5)"),
]
OBJECTIVES = [
    *((lambda outputs=outputs: global_average_pool(outputs), TypeError,
       f"an encoder must return maps [B, D, t, h, w], features [B, D], or a list or tuple of these: got {got}")
      for outputs, got in (
          (torch.zeros(4, 9, 3), "Tensor (4, 9, 3)"),
          ((Z, torch.zeros(4, 3, 2, 2)), "tuple [(4, 3), (4, 3, 2, 2)]"),
          ((), "tuple []"),
          ([[CLIPS, Z]], "list [[(2, 3, 4, 8, 8), (4, 3)]]"),
          ({"maps": CLIPS, "mask": None}, "dict {'maps': (2, 3, 4, 8, 8), 'mask': 'NoneType'}"),
          (None, "NoneType NoneType"))),
    *((lambda objective=objective: objective(Z, Z[:3]), ValueError,
       "embeddings must both be [B, D]: got (4, 3) and (3, 3)")
      for objective in (vt.vicreg_loss, vt.info_nce_loss, vt.byol_loss)),
    (lambda: vt.vicreg_loss(Z, Z[:, :2]), ValueError, "embeddings must both be [B, D]: got (4, 3) and (4, 2)"),
    (lambda: vt.vicreg_loss(Z[None], Z[None]), ValueError,
     "embeddings must both be [B, D]: got (1, 4, 3) and (1, 4, 3)"),
    (lambda: vt.invariance_loss(Z, Z[0]), ValueError, "embeddings must both be [B, D]: got (4, 3) and (3,)"),
    *((lambda objective=objective, views=views: objective(*[Z[:1]] * views), ValueError,
       "the objective compares videos of a batch, so B must be >= 2: got B=1")
      for objective, views in ((vt.vicreg_loss, 2), (vt.info_nce_loss, 2), (vt.variance_loss, 1),
                               (vt.covariance_loss, 1))),
    (lambda: vt.byol_loss(Z[:0], Z[:0]), ValueError,
     "the objective compares videos of a batch, so B must be >= 1: got B=0"),
    (lambda: vt.vicreg_loss(Z, Z, weights=(1, 1)), ValueError,
     "weights must be three numbers, for invariance, variance and covariance: got (1, 1)"),
    (lambda: vt.vicreg_loss(Z, Z, eps=0), ValueError,
     "eps must be > 0 in torch.float32, for a finite gradient of collapsed dimensions: got 0"),
    (lambda: vt.variance_loss(Z, eps=1e-50), ValueError,
     "eps must be > 0 in torch.float32, for a finite gradient of collapsed dimensions: got 1e-50"),
    (lambda: vt.variance_loss(Z, eps=NAN), ValueError,
     "eps must be > 0 in torch.float32, for a finite gradient of collapsed dimensions: got nan"),
    (lambda: vt.info_nce_loss(Z, Z, temperature=0), ValueError,
     "temperature must be > 0 in torch.float32: got 0"),
    (lambda: vt.info_nce_loss(Z, Z, temperature=1e-45), ValueError,
     "temperature must be > 0 in torch.float32: got 1e-45"),
    (lambda: vt.info_nce_loss(Z, Z, temperature=NAN), ValueError,
     "temperature must be > 0 in torch.float32: got nan"),
    (lambda: vt.build_projector(4, 4, 4, 0), ValueError, "num_layers must be an integer >= 1: got 0"),
    (lambda: vt.build_projector(4, 4, 4, True), TypeError, "num_layers must be an int: got True of type bool"),
]
RETRIEVAL = [
    (lambda: vt.nearest(Z, Z, -1), ValueError, "k must be an integer >= 1: got -1"),
    (lambda: vt.nearest(Z, Z, 2.5), TypeError, "k must be an int: got 2.5 of type float"),
    (lambda: vt.nearest(Z, Z, k=True), TypeError, "k must be an int: got True of type bool"),
    (lambda: vt.nearest(Z, Z, 1, chunk=0), ValueError, "chunk must be an integer >= 1: got 0"),
    (lambda: vt.nearest(Z, Z, 1, chunk=True), TypeError, "chunk must be an int: got True of type bool"),
    (lambda: vt.nearest(Z, Z, 1, "dot"), ValueError, "metric must be one of cosine, euclidean: got 'dot'"),
    (lambda: vt.nearest(Z[:0], Z, 1), ValueError, "gallery must have at least one video: got none"),
    (lambda: vt.nearest(Z, Z[:0], 1), ValueError, "query must have at least one video: got none"),
    (lambda: vt.nearest(Z, Z[:, :2], 1), ValueError, "features must be [N, D] and [Q, D]: got (4, 3) and (4, 2)"),
    (lambda: vt.nearest(Z, Z.index_fill(0, torch.tensor([3]), NAN), 1), ValueError,
     "features must be finite: got NaN or infinity in 1 of 4 query videos"),
    (lambda: vt.recall_at_k(Z, LABELS[:3], Z, LABELS), ValueError,
     "gallery needs one label per feature: got labels (3,) for features (4, 3)"),
    (lambda: vt.recall_at_k(Z, LABELS, Z, LABELS, topk=(0, 1)), ValueError,
     "each k of topk must be an integer >= 1: got 0"),
    (lambda: vt.recall_at_k(Z, LABELS, Z, LABELS, topk=(1.5,)), TypeError,
     "each k of topk must be an int: got 1.5 of type float"),
    (lambda: vt.recall_at_k(Z, LABELS, Z, LABELS, topk=(True,)), TypeError,
     "each k of topk must be an int: got True of type bool"),
    (lambda: vt.recall_at_k(Z, LABELS, Z, LABELS, topk=5), ValueError,
     "topk must be a list of integers >= 1: got 5"),
    (lambda: recall_of_hits(torch.zeros(0, 3, dtype=torch.bool), (1,)), ValueError,
     "recall needs at least one query: got none"),
]
VIDEOS = [
    (lambda: motions.render("fly", np.random.default_rng(0)), ValueError,
     f"motion must be one of {MOTIONS}: got 'fly'"),
    (lambda: motion_videos.encode(torch.zeros(2, 3, 4, 5), Path("no.mp4")), ValueError,
     "H.264 needs an even height and width: got (4, 5)"),
    (lambda: motion_videos.write_dataset("no", classes=("fly", "pulse", "run")), ValueError,
     f"classes must be some of {MOTIONS}: got fly, run"),
    (lambda: motion_videos.write_dataset("no", classes=()), ValueError, f"classes must be some of {MOTIONS}: got none"),
    (lambda: motion_videos.write_dataset("no", size=33), ValueError,
     "numbers must be >= 1 and size even (H.264): got train=480, test=160, frames=40, size=33"),
    (lambda: motion_videos.write_dataset("no", train=0), ValueError,
     "numbers must be >= 1 and size even (H.264): got train=0, test=160, frames=40, size=64"),
]
def feature_set(labels):
    """Gallery and query videos, one of each label."""
    return FeatureSet("run", np.eye(2 * len(labels)), np.array([*labels, *labels]),
                      np.repeat(["gallery", "query"], len(labels)), np.arange(2 * len(labels)).astype(str),
                      {label: f"class {label}" for label in labels})


ANALYSIS = [
    *((lambda text=text: read_text(text), ValueError,
       f"a feature file must be a .npz that DumpFeatures wrote: {FILE} is not one") for text in ("text", "", "PK\3\4")),
    (lambda: read("labels", "videos"), ValueError,
     f"a feature file needs features, labels, splits, videos: {FILE} has no labels, videos"),
    (lambda: read(labels=NUMBERS), ValueError, "a feature file needs features [N, D] and N labels, splits and videos: "
     f"{FILE} has features (72, 2), labels (4,), splits (72,), videos (72,)"),
    (lambda: read(splits=np.full(72, "query")), ValueError,
     f"a feature file needs gallery and query videos: {FILE} has ['query']"),
    (lambda: read(features=np.full((72, 2), NAN)), ValueError,
     f"features must be finite: {FILE} has NaN or infinity in 72 of 72 videos"),
    (lambda: read(classes=np.array(["a", "b"])), ValueError,
     f"labels must be class indices in [0, 2): {FILE} has 0 to 3"),
    (lambda: read(classes=np.array(["a", "b", "c"])), ValueError,
     f"labels must be class indices in [0, 3): {FILE} has 0 to 3"),
    (lambda: read_runs([save(FILE, **toy())] * 2), ValueError, f"runs must be different: got {FILE}, {FILE}"),
    (lambda: runs_of(classes=np.array(list("abcd"))), ValueError, "runs that are compared need the same classes: "
     "a has run, jump, rest, walk, b a, b, c, d"),
    (lambda: best_retrieved_classes({0: (1,)}, {1: (1,)}), ValueError,
     "runs that are compared need query videos of the same classes: got labels [0]; [1]"),
    (lambda: silhouette(np.eye(4), NUMBERS, "dot"), ValueError, "metric must be one of euclidean, cosine: got 'dot'"),
    (lambda: silhouette(np.eye(4), NUMBERS), ValueError,
     "a silhouette needs at least two classes, and one of them with two videos: got 1 classes of 4 videos"),
    *((lambda value=value: saliency.saliency_tubes(torch.full((1, 2, 1, 2, 2), value), torch.ones(2), (2, 4, 4)),
       ValueError, "saliency needs finite activations: got NaN or infinity from maps (1, 2, 1, 2, 2) in "
       "torch.float32") for value in (NAN, 3e38)),
    (lambda: tsne(np.eye(3)), ValueError, "t-SNE needs at least 4 videos: got 3"),
    (lambda: draw([], range(11)), ValueError, "a figure has colours for 10 classes: got 11"),
    (lambda: read_run("no"), FileNotFoundError, "a work dir must be a folder: no is not one"),
    (lambda: read_features("no"), FileNotFoundError,
     "no feature file at no: add DumpFeatures to test_evaluator and run mim test"),
    (lambda: saliency_json(attention_on_motion={}, share=1), ValueError, "saliency.json needs the mean of "
     f"attention_on_motion: {HERE / 'run/saliency.json'} has attention_on_motion, share"),
    (empty, ValueError,
     f"a work dir needs logs of mim train or mim test, features.npz or saliency.json: {HERE / 'empty'} has none"),
    (same_names, ValueError, "work dirs need different names: got run more than once"),
]
PICTURES = [
    (lambda: motion_videos.render_again("a/slide-x_00001.mp4"), ValueError,
     "motion videos are named like test/slide-x_00008.mp4: got 'a/slide-x_00001.mp4'"),
    (lambda: analysis.read_clip("a.mp4", frames=0), ValueError,
     "frames and interval must be >= 1 and start >= 0: got frames=0, interval=3, start=0"),
    (lambda: unreadable("a.mp4"), ValueError, "the video must be readable: a.mp4: no frame"),
    (lambda: analysis._chosen(range(21), range(0, 24, 3), "a.mp4"), ValueError,
     "the video must have frame 21: a.mp4 ends before it"),
    (lambda: taylor.taylor_strip(CLIP.byte()), TypeError,
     "clip must be [3, T, H, W], floating point in [0, 1]: got (3, 4, 2, 2), torch.uint8"),
    (lambda: taylor.taylor_errors(CLIP, orders=()), ValueError,
     "errors need at least one order and one step: got orders=(), steps=3"),
    (lambda: taylor.taylor_errors(CLIP, orders=(0, 1), steps=3), ValueError,
     "orders=(0, 1) and steps=3 need clips of at least 5 frames: got T=4"),
    (lambda: saliency.activation(CLIPS, torch.ones(2)), ValueError,
     "saliency needs maps [B, D, t, h, w] and weights [D] or [B, D]: got (2, 3, 4, 8, 8) and (2,)"),
    (lambda: saliency.class_weights(torch.eye(3), torch.tensor([0, 3])), ValueError,
     "labels must be in [0, 3), the classes of the head: got [0, 3]"),
    (lambda: probe(feature_set([0, 1]), [2]), ValueError,
     "labels per class must be between 1 and 1, the gallery videos of the smallest class: got 2"),
    (lambda: probe(feature_set([0, 0]), [1]), ValueError, "a probe needs at least two classes: got class 0"),
    (lambda: attention.attention_on_motion(CLIPS[:, 0], CLIPS[:1, 0]), ValueError,
     "tubes and mask must both be [B, T, H, W]: got (2, 4, 8, 8) and (1, 4, 8, 8)"),
]
ROWS = [*DERIVATIVES, *SELECTOR, *AUGMENTATION, *OBJECTIVES, *RETRIEVAL, *VIDEOS, *ANALYSIS, *PICTURES]
ROOMS = ("derivatives", "pairs", "augment", "objectives", "evaluation", "analysis")
FILES = [*(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py") if "retrieval_page" not in path.parts),
         PACKAGE / "checks.py", PACKAGE / "data/motions.py", PACKAGE / "data/motion_videos.py"]


@for_each_row(ROWS)
def test_message(call, kind, message):
    assert kind_and_message(call) == (kind, message)


def test_every_raise_has_a_row():
    assert not_raised(FILES, [error_of(call) for call, *_ in ROWS]) == []


def test_the_search_for_raises_finds_them():
    assert len(not_raised(FILES, [])) > 40
    errors = [error_of(call) for call, _, message in ROWS if not message.startswith("eps")]
    assert [place.split(":")[0] for place in not_raised(FILES, errors)] == ["objectives/vicreg.py"]
