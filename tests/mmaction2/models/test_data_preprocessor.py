"""The data preprocessor: views, reproducible augmentation, and comparison with the CPU pipeline."""
import re

import numpy as np
import pytest
import torch
from mmaction.models.data_preprocessors import ActionDataPreprocessor
from mmaction.registry import TRANSFORMS
from mmengine.runner import Runner
from scipy.stats import ks_2samp

import vididi_transforms as vt
from vididi_transforms.mmaction2 import ClipPairDataPreprocessor
from vididi_transforms.mmaction2.models import data_preprocessor as module

NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
RECIPE = dict(p_blur=0.5, p_jitter=0.8, p_gray=0.5)


def batch(videos=4, frames=5):
    generator = torch.Generator().manual_seed(3)
    return torch.randint(256, (videos, 2, 3, frames, 12, 14), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("augment", [RECIPE, dict(size=10, p_flip=1)])
def test_views_are_augmented_then_differentiated(augment):
    preprocessor = ClipPairDataPreprocessor(**NORM, augment=augment)
    frames = preprocessor(dict(inputs=batch()), True)["inputs"]
    preprocessor.orders, preprocessor.key = (2, 1), (0, 0)
    views = preprocessor(dict(inputs=batch()), True)["inputs"]
    for view, frame, order in zip(views, frames, (2, 1), strict=True):
        torch.testing.assert_close(view, vt.temporal_difference(frame, order), atol=1e-5, rtol=0)


def test_without_augmentation_it_equals_the_base_class():
    stock = ActionDataPreprocessor(**NORM, format_shape="NCTHW")
    ours = ClipPairDataPreprocessor(**NORM)
    inputs = list(batch())
    expected = stock(dict(inputs=inputs, data_samples=None), True)["inputs"]
    views = torch.stack(ours(dict(inputs=inputs), True)["inputs"], dim=1)
    torch.testing.assert_close(views, expected, atol=1e-5, rtol=0)
    tested = ClipPairDataPreprocessor(**NORM, augment=RECIPE)(dict(inputs=inputs, data_samples=None), False)
    torch.testing.assert_close(tested["inputs"], expected)


def test_a_list_and_a_stacked_batch_give_the_same_views():
    first, second = (ClipPairDataPreprocessor(**NORM, augment=RECIPE) for _ in range(2))
    for a, b in zip(first(dict(inputs=list(batch())), True)["inputs"],
                    second(dict(inputs=batch()), True)["inputs"], strict=True):
        assert torch.equal(a, b)


def test_augmentation_depends_on_seed_and_step():
    def view(*key):
        preprocessor = ClipPairDataPreprocessor(**NORM, augment=RECIPE)
        preprocessor.key = key
        return preprocessor(dict(inputs=batch()), True)["inputs"][0]

    assert torch.equal(view(0, 0), view(0, 0))
    assert not torch.equal(view(0, 0), view(0, 1))
    assert not torch.equal(view(0, 0), view(1, 0))


def test_without_the_hook_the_step_counts_up():
    preprocessor = ClipPairDataPreprocessor(**NORM, augment=RECIPE)
    first, second = (preprocessor(dict(inputs=batch()), True)["inputs"][0] for _ in range(2))
    assert not torch.equal(first, second)


def test_output_settings():
    views = ClipPairDataPreprocessor(**NORM, augment=RECIPE, dtype="bfloat16", channels_last=True)(
        dict(inputs=batch(), data_samples=torch.zeros(1)), True)
    assert views["inputs"][0].dtype == torch.bfloat16
    assert views["inputs"][0].is_contiguous(memory_format=torch.channels_last_3d)
    assert torch.equal(views["data_samples"], torch.zeros(1))


def test_the_two_clips_of_a_video_are_augmented_differently():
    same = batch()[:, :1].expand(-1, 2, -1, -1, -1, -1)
    view1, view2 = ClipPairDataPreprocessor(**NORM, augment=RECIPE)(dict(inputs=same), True)["inputs"]
    assert not torch.equal(view1, view2)


def test_augmentation_does_not_depend_on_the_number_of_ranks(monkeypatch):
    preprocessor = ClipPairDataPreprocessor(**NORM, augment=RECIPE)
    global_batch = preprocessor(dict(inputs=batch(6)), True)["inputs"]
    monkeypatch.setattr(module, "get_world_size", lambda: 2)
    for rank in range(2):
        monkeypatch.setattr(module, "get_rank", lambda rank=rank: rank)
        preprocessor.key = (0, 0)
        part = preprocessor(dict(inputs=batch(6)[rank::2]), True)["inputs"]
        for view, whole in zip(part, global_batch, strict=True):
            torch.testing.assert_close(view, whole[rank::2], atol=1e-6, rtol=0)


def statistics(clips):
    """Statistics of each of the clips ``[N, 3, T, H, W]`` that augmentation changes."""
    gray = clips.mean(1)
    return dict(mean=gray.mean((1, 2, 3)), spread=gray.std((1, 2, 3)),
                colour=(clips[:, 0] - clips[:, 2]).abs().mean((1, 2, 3)),
                red=(clips[:, 0] - clips[:, 1]).mean((1, 2, 3)), sharpness=gray.diff(dim=-1).abs().mean((1, 2, 3)),
                flicker=clips.mean((1, 3, 4)).diff(dim=1).abs().mean(1))


def test_the_cpu_pipeline_gives_the_same_distribution():
    number, clip = 600, batch(1)[0, 0]
    torch.manual_seed(0)
    transforms = [TRANSFORMS.build(dict(type=f"Clip{name}")) for name in ("GaussianBlur", "ColorJitter", "Grayscale")]
    frames, augmented = list(clip.permute(1, 2, 3, 0).numpy()), []
    for _ in range(number):
        results = dict(imgs=frames)
        for transform in transforms:
            results = transform(results)
        augmented.append(np.stack(results["imgs"]))
    pipeline = torch.from_numpy(np.stack(augmented)).permute(0, 4, 1, 2, 3) / 255
    augment = vt.ClipAugment(size=None, mean=(0, 0, 0), std=(1, 1, 1))
    clips = clip.expand(number, -1, -1, -1, -1)
    (batched,) = augment(clips, augment.draw(clips.shape))
    expected, actual = statistics(pipeline), statistics(batched)
    for name, values in expected.items():  # rounded, because the CPU transforms round to 1/255 after each step
        assert ks_2samp(values.round(decimals=2), actual[name].round(decimals=2)).pvalue > 1e-3, name


def train(tiny, **options):
    """The Runner, and the shapes of both views at each step."""
    tiny.merge_from_dict({"val_dataloader": None, "val_cfg": None, "val_evaluator": None, **options})
    runner = Runner.from_cfg(tiny)
    shapes = []
    original = runner.model.extract_feat
    runner.model.extract_feat = lambda inputs, **kw: shapes.append([tuple(v.shape) for v in inputs]) or original(
        inputs, **kw)
    runner.train()
    return runner, shapes


def test_in_a_run_the_hook_sets_the_orders(tiny, monkeypatch):
    chosen = []
    original = vt.ClipAugment.forward
    monkeypatch.setattr(vt.ClipAugment, "forward", lambda self, clips, params, orders, **kw: chosen.append(
        (orders, params.table())) or original(self, clips, params, orders, **kw))
    tiny.model.data_preprocessor.augment = RECIPE  # the demo config augments in the pipeline
    runner, shapes = train(tiny, **{"train_cfg.max_epochs": 4, "default_hooks.bn_statistics.at_end": False})
    orders = list(zip(*(runner.message_hub.get_scalar(f"train/vididi_order{k}").data[0] for k in (1, 2)), strict=True))
    passes = list(zip(chosen[::2], chosen[1::2], strict=True))
    assert [(first[0][0], second[0][0]) for first, second in passes] == orders
    assert [views[0][2] for views in shapes] == [8 - max(pair) for pair in orders]
    assert all(views[0] == views[1] for views in shapes)
    assert len(set(orders)) > 3
    tables = [vt.ClipAugment(size=None).draw((8, 3, 8, 32, 32), step).table()[::2] for step in range(len(orders))]
    assert all(torch.equal(first[1], table) for (first, _), table in zip(passes, tables, strict=True))
    assert runner.model.data_preprocessor.orders == (0, 0)  # after training


def test_two_runners_keep_their_own_keys(tiny):
    runners = []
    for seed in (3, 4):
        cfg = tiny.copy()
        cfg.merge_from_dict({"val_dataloader": None, "val_cfg": None, "val_evaluator": None, "randomness.seed": seed,
                             "train_cfg.max_epochs": 1, "work_dir": f"{tiny.work_dir}-{seed}"})
        cfg.experiment_name = cfg.work_dir
        runners.append(Runner.from_cfg(cfg))
    for runner in runners:
        runner.train()
    assert [runner.model.data_preprocessor.key for runner in runners] == [(3, 4), (4, 4)]


def test_length_for_encoders_that_need_it(tiny):
    _, shapes = train(tiny, **{"custom_hooks": [dict(type="ViDiDiHook", length=6)]})
    assert {view[2] for views in shapes for view in views} == {6}


@pytest.mark.parametrize(("cycle", "message"), [
    ([(0, 0), (2, 2)], "the schedule takes derivatives up to order 2, so clips need at least 3 frames: got T=2"),
    ([(2, 2)], "order 2 needs clips of at least 3 frames: got T=2"),
])
def test_too_short_for_the_schedule(tiny, cycle, message):
    tiny.train_dataloader.dataset.pipeline[0].sample.clip_len = 2
    with pytest.raises(ValueError, match=re.escape(message)):
        train(tiny, **{"custom_hooks": [dict(type="ViDiDiHook", schedule=dict(cycle=cycle))]})
