"""Running statistics follow frames, and the exact ones are those of all frames: NumPy computes both."""
import copy

import numpy as np
import pytest
import torch
from bn_runs import OURS, STOCK, Pairs, model, norm_inputs, run, statistics
from encoders import same
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope
from ranks import run_two_ranks
from recognizers import BACKBONE, byol_recognizer, recognizer
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

import vididi_transforms as vt
from vididi_transforms.mmaction2.datasets.fixed_batches import fixed_batches
from vididi_transforms.mmaction2.models.bn_statistics import bn_layers, frames_of, set_frame_statistics

PREPROCESSORS = dict(hook=STOCK, preprocessor=OURS)  # which of both differentiates


def moving_average(backbone, views, momentum=0.1):
    """The statistics after training on these views, in NumPy; the cumulative average if momentum is None."""
    means, variances = [np.zeros(4), np.zeros(5)], [np.ones(4), np.ones(5)]
    for number, view in enumerate(views, start=1):
        for layer, x in enumerate(norm_inputs(backbone, view)):
            share = momentum or 1 / number
            means[layer] = (1 - share) * means[layer] + share * x.mean(1)
            variances[layer] = (1 - share) * variances[layer] + share * x.var(1, ddof=1)
    return means, variances


def check(backbone, means, variances, tracked=None, rtol=1e-5):
    found = statistics(backbone)
    for number, name in enumerate(("layers.1", "layers.4")):
        np.testing.assert_allclose(found[f"{name}.running_mean"], means[number], rtol=rtol, atol=1e-6)
        np.testing.assert_allclose(found[f"{name}.running_var"], variances[number], rtol=rtol)
        if tracked is not None:
            assert found[f"{name}.num_batches_tracked"] == tracked


def chosen_orders(schedule="vididi", epochs=4):
    selector = vt.PairSelector(schedule, seed=3)
    return [order for step in range(3 * epochs) for order in selector.orders(step // 3, step)]


@pytest.mark.parametrize("path", PREPROCESSORS)
@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_follow_frames(tmp_path, path, momentum):
    backbone = run(tmp_path, model=model(PREPROCESSORS[path], dict(momentum=momentum))).model.backbone
    orders = chosen_orders()
    frames = [view for view, order in zip(backbone.seen, orders, strict=True) if order == 0]
    assert 0 < len(frames) < len(orders)
    check(backbone, *moving_average(backbone, frames, momentum), tracked=len(frames))


@pytest.mark.parametrize("path", PREPROCESSORS)
def test_all_is_torchs_own_average(tmp_path, path):
    backbone = run(tmp_path, model=model(PREPROCESSORS[path], bn_statistics="all")).model.backbone
    plain = model().backbone.train()
    with torch.no_grad():
        for view in backbone.seen:
            plain(view)
    assert same(dict(backbone.named_buffers()), dict(plain.named_buffers()))


def trained(folder, schedule, option, **kwargs):
    return run(folder, schedule=schedule, lr=0.1, model=model(bn_statistics=option, **kwargs)).model.state_dict()


@pytest.mark.parametrize(("schedule", "equal"), [("base", True), ("vididi", False)])
def test_weights_do_not_depend_on_the_option_and_statistics_of_frames_alone_neither(tmp_path, schedule, equal):
    frames, every = (trained(tmp_path / option, schedule, option) for option in ("frames", "all"))
    buffers = [key for key in frames if "running" in key and key.startswith("backbone")]
    assert same({key: value for key, value in frames.items() if "backbone.layers" not in key or "weight" in key},
                {key: value for key, value in every.items() if "backbone.layers" not in key or "weight" in key})
    assert all(torch.equal(frames[key], every[key]) == equal for key in buffers)


def step(network, orders, views):
    network.orders = orders
    sum(network(views, [], mode="loss").values()).backward()
    return network


@pytest.mark.parametrize("build", [recognizer, byol_recognizer])
def test_activation_checkpointing_counts_no_view_twice(build, monkeypatch):
    views = torch.randn(2, 2, 3, 6, 16, 16, requires_grad=True)
    plain = step(build().train(), (0, 1), views)
    monkeypatch.setitem(BACKBONE, "with_cp", True)
    again = step(build().train(), (0, 1), views)
    assert same(dict(again.backbone.named_buffers()), dict(plain.backbone.named_buffers()))
    assert {int(layer.num_batches_tracked) for layer in bn_layers(again.backbone)} == {1}


def test_synchronised_layers_have_the_same_statistics():
    """In one process; with several, ``SyncBatchNorm`` needs accelerators."""
    plain, other = model().train(), model().train()
    other.backbone = nn.SyncBatchNorm.convert_sync_batchnorm(other.backbone)
    views = torch.randn(2, 2, 3, 4, 4, 4)
    for orders in ((1, 0), (0, 0), (2, 2)):
        for network in (plain, other):
            step(network, orders, views)
    assert same(dict(other.backbone.named_buffers()), dict(plain.backbone.named_buffers()))


def test_a_compiled_recognizer_has_the_same_statistics():
    plain, compiled = model(), model()
    forward = torch.compile(compiled.loss, backend="aot_eager")
    for number, orders in enumerate(((0, 0), (1, 0), (2, 1), (0, 1), (1, 1), (0, 0))):
        views = torch.randn(2, 2, 3, 6 - max(orders), 4, 4, generator=torch.Generator().manual_seed(number))
        for network, loss in ((plain, plain.loss), (compiled, forward)):
            network.orders = orders
            sum(loss(views, []).values()).backward()
    for name, buffer in plain.backbone.named_buffers():
        torch.testing.assert_close(compiled.backbone.get_buffer(name), buffer)
    assert bn_layers(plain.backbone)[0].num_batches_tracked == 6


def test_an_encoder_that_is_trained_by_itself_later_has_running_statistics():
    network = model().train()
    network(torch.randn(2, 2, 3, 5, 4, 4), [], mode="loss")
    for mode in (True, False):
        network.train(mode)
        before = statistics(network.backbone)
        network.backbone.train()(torch.randn(2, 3, 5, 4, 4))
        assert all((statistics(network.backbone)[name] != value).all() for name, value in before.items())


def test_a_frozen_encoder_and_one_without_statistics_stay_as_they_are():
    network = model(norm=dict(track_running_stats=False)).train()
    network.orders = (0, 1)
    network(torch.randn(2, 2, 3, 5, 4, 4), [], mode="loss")
    assert not any(layer.track_running_stats for layer in network.backbone.modules() if hasattr(layer, "momentum"))
    frozen = MODELS.build(dict(BACKBONE, frozen_stages=1, norm_eval=False))
    before = copy.deepcopy(frozen.state_dict())
    set_frame_statistics([frozen], MODELS.build(STOCK), DataLoader(Pairs(4), 2, collate_fn=list_of))
    changed = {name for name, value in frozen.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in changed} == {"layer2", "layer3", "layer4"}
    assert {name.rsplit(".")[-1] for name in changed} == {"running_mean", "running_var"}


def test_a_layer_that_no_clip_reaches_stays_as_it_is():
    network = model()
    network.backbone.unused = nn.BatchNorm3d(4)
    before = copy.deepcopy(network.backbone.unused.state_dict())
    set_frame_statistics([network.backbone], MODELS.build(STOCK), DataLoader(Pairs(4), 2, collate_fn=list_of))
    assert same(network.backbone.unused.state_dict(), before)
    assert (network.backbone.layers[1].running_mean != 0).all()


def test_the_target_has_the_online_networks_statistics():
    network = byol_recognizer().train()
    step(network, (0, 2), torch.randn(2, 2, 3, 6, 16, 16))
    network.update_target(0.5)
    assert same(dict(network.target.module.named_buffers()), dict(network.online().named_buffers()))


def list_of(samples):
    return {key: [sample[key] for sample in samples] for key in samples[0]}


def exact(preprocessor, videos=10, batch=4, chosen=10, convert=lambda backbone: backbone):
    """An encoder with the statistics of frames, its views, and its preprocessor."""
    network = model(preprocessor)
    network.backbone = convert(network.backbone)
    batches, number = fixed_batches(DataLoader(Pairs(videos), batch, collate_fn=list_of), chosen)
    set_frame_statistics([network.backbone], network.data_preprocessor, batches)
    views = [view for index, data in enumerate(batches) for view in frames_of(network.data_preprocessor, data, index)]
    return network.backbone, views, number


@pytest.mark.parametrize("path", PREPROCESSORS)
def test_exact_statistics_are_those_of_all_frames(path):
    backbone, views, number = exact(PREPROCESSORS[path])
    assert number == 8  # an incomplete batch is dropped
    layers = [np.concatenate(inputs, axis=1) for inputs in zip(*(norm_inputs(backbone, view) for view in views),
                                                               strict=True)]
    check(backbone, [x.mean(1) for x in layers], [x.var(1, ddof=1) for x in layers], tracked=0)
    assert backbone.training
    assert not any(layer._forward_pre_hooks for layer in bn_layers(backbone))


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_views_in_half_precision_and_synchronised_layers(precision):
    """``SyncBatchNorm`` cannot train on a CPU, and views in half precision need autocast in training."""
    plain, _, _ = exact(OURS)
    other, _, _ = exact({**OURS, "dtype": precision}, convert=nn.SyncBatchNorm.convert_sync_batchnorm)
    assert isinstance(bn_layers(other)[0], nn.SyncBatchNorm)
    for name, value in statistics(plain).items():
        np.testing.assert_allclose(statistics(other)[name], value, rtol=0, atol=0 if precision == "float32" else 1e-3)


def test_clips_are_cut_to_a_length():
    whole, short = model(), model()
    data = list_of([Pairs()[index] for index in range(4)])
    set_frame_statistics([short.backbone], short.data_preprocessor, [data], length=3)
    cut = dict(data, inputs=[clips[:, :, :3] for clips in data["inputs"]])
    set_frame_statistics([whole.backbone], whole.data_preprocessor, [cut])
    assert same(dict(short.backbone.named_buffers()), dict(whole.backbone.named_buffers()))


def test_a_training_that_goes_on_keeps_its_orders_key_and_shard():
    preprocessor = MODELS.build(OURS)
    preprocessor.orders, preprocessor.key = (2, 1), (3, 7)
    views = frames_of(preprocessor, list_of([Pairs()[0], Pairs()[1]]), 5)
    assert [view.shape[2] for view in views] == [5, 5]
    assert (preprocessor.orders, preprocessor.key, preprocessor.shard) == ((2, 1), (3, 7), None)


def test_distributed_training_has_the_statistics_of_the_first_process(tmp_path):
    """As without the option: DistributedDataParallel sends its buffers to the others before each step."""
    run_two_ranks(train_two_ranks, tmp_path)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    backbone = model().backbone
    backbone.load_state_dict(first["state"])
    frames = [view for view, order in zip(first["seen"], (0, 1, 2, 0, 1, 1), strict=True) if order == 0]
    check(backbone, *moving_average(backbone, frames), tracked=2)
    assert same(first["state"], second["state"])  # the last step has seen derivatives only


def train_two_ranks(rank, folder):
    init_default_scope("mmaction")
    network = model().train()
    wrapped = DistributedDataParallel(network)
    for number, orders in enumerate(((0, 1), (2, 0), (1, 1))):
        views = torch.randn(2, 2, 3, 4, 4, 4, generator=torch.Generator().manual_seed(10 * rank + number))
        network.orders = orders
        sum(wrapped(views, [], mode="loss").values()).backward()
    torch.save(dict(state=network.backbone.state_dict(), seen=network.backbone.seen), folder / f"{rank}.pt")


@pytest.mark.parametrize(("path", "videos"), [("preprocessor", 16), ("hook", 14)])
def test_two_processes_give_the_statistics_of_one(tmp_path, path, videos):
    """Of four and of three batches; each is augmented in the same way."""
    one, _, number = exact(PREPROCESSORS[path], videos, chosen=videos)
    (tmp_path / "settings").write_text(f"{path} {videos}")
    run_two_ranks(two_ranks, tmp_path)
    for rank in range(2):
        other = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert other.pop("number") == number == videos // 4 * 4
        for name, value in statistics(one).items():
            np.testing.assert_allclose(other[name], value, rtol=2e-7)


def two_ranks(rank, folder):
    init_default_scope("mmaction")
    path, videos = (folder / "settings").read_text().split()
    backbone, _, number = exact(PREPROCESSORS[path], int(videos), chosen=int(videos))
    torch.save({**dict(backbone.named_buffers()), "number": number}, folder / f"{rank}.pt")
