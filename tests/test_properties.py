"""Laws of the core over shapes, dtypes, strides, orders and keys, checked by Hypothesis.

Hypothesis generates the same examples in every run.
"""
import json
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import reference
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import COUNTS, FLOATS, LAYOUTS, SEEDS, SMALL_INTEGERS, clips, embeddings, generator

import vididi_transforms as vt
from vididi_transforms.augment.kernels.reference import Settings, reflect_pad, sweep
from vididi_transforms.augment.resample import NUMBERS_PER_CROP, interpolation_weights, random_crops, resized_crop
from vididi_transforms.pairs.keyed_random import keyed_generator

settings.register_profile("reproducible", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("reproducible")
ORDERS = st.integers(0, 4)
PLAIN = dict(mean=(0.0,) * 3, std=(1.0,) * 3)


def in_float64(clip):
    return clip.double().numpy()


# Derivatives

@given(clips(), ORDERS)
def test_differences_of_any_dtype_and_layout_equal_the_reference(clip, order):
    assume(clip.shape[2] > order)
    before = clip.clone()
    result = vt.temporal_difference(clip, order)
    assert result.dtype == (clip.dtype if clip.is_floating_point() else torch.float32)
    expected = reference.derivative(in_float64(clip), order, -3)
    assert np.array_equal(in_float64(result), expected)  # in particular, no integer wraps around
    assert torch.equal(vt.TemporalDifference(order)(clip), result)
    assert torch.equal(clip, before)


@given(clips(), st.data())
def test_time_in_any_dimension(clip, data):
    order, dim = data.draw(st.integers(0, clip.shape[2] - 1)), data.draw(st.integers(-5, 4))
    moved = vt.temporal_difference(clip.movedim(-3, dim), order, dim)
    assert torch.equal(moved.movedim(dim, -3), vt.temporal_difference(clip, order))


@given(clips(dtypes=FLOATS, frames=(5, 7)), ORDERS, st.integers(-4, 4), st.integers(-4, 4))
def test_linear(clip, order, a, b):
    other = clip.flip(-1)
    clip, other = (x.sign() for x in (clip, other))  # sums stay exact in bfloat16
    assert torch.equal(vt.temporal_difference(a * clip + b * other, order),
                       a * vt.temporal_difference(clip, order) + b * vt.temporal_difference(other, order))


@given(clips(), st.integers(1, 4))
def test_a_constant_clip_gives_zero(clip, order):
    still = clip[:, :, :1].expand(-1, -1, order + 2, -1, -1)
    assert vt.temporal_difference(still, order).count_nonzero() == 0


@given(st.integers(0, 4), st.integers(1, 3), st.sampled_from([torch.float16, torch.float32, torch.float64, torch.int16,
                                                              torch.int64]))
def test_a_power_gives_its_factorial(order, more, dtype):
    t = torch.arange(order + more).view(1, -1, 1, 1)
    result = vt.temporal_difference((t**order).to(dtype), order)
    assert torch.equal(result, torch.full_like(result, math.factorial(order)))


@given(clips(frames=(5, 7)), ORDERS)
def test_reversed_time_changes_the_sign_of_odd_orders(clip, order):
    assert torch.equal(vt.temporal_difference(clip.flip(-3), order),
                       (-1)**order * vt.temporal_difference(clip, order).flip(-3))


@given(clips(frames=(5, 7), size=(2, 5)), ORDERS)
def test_commutes_with_flip_crop_and_choice_of_clips(clip, order):
    def change(x):
        return x.flip(-1).flip(0)[..., 1:, :1]

    assert torch.equal(vt.temporal_difference(change(clip), order), change(vt.temporal_difference(clip, order)))


@given(clips(frames=(5, 7)), st.integers(0, 2), st.integers(0, 2))
def test_orders_add(clip, first, second):
    assert torch.equal(vt.temporal_difference(vt.temporal_difference(clip, first), second),
                       vt.temporal_difference(clip, first + second))


@given(clips(frames=(2, 7)))
def test_first_differences_telescope(clip):
    total = vt.temporal_difference(clip).double().sum(2)
    assert torch.equal(total, clip[:, :, -1].double() - clip[:, :, 0].double())


@given(clips(), st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(0, 7))
def test_match_length_keeps_the_first_frames(clip, lengths, length):
    parts = [clip[:, :, :frames] for frames in lengths]
    shortest = min(part.shape[2] for part in parts)
    for cut, part in zip(vt.match_length(*parts), parts, strict=True):
        assert torch.equal(cut, part[:, :, :shortest])
        assert cut.data_ptr() == part.data_ptr()  # a view
    if length <= shortest:
        assert all(cut.shape[2] == length for cut in vt.match_length(*parts, length=length))


@given(clips(frames=(5, 7)), clips(dtypes=FLOATS, frames=(5, 7)), ORDERS, ORDERS)
def test_a_pair_is_two_derivatives_and_symmetric(view1, view2, order1, order2):
    x1, x2 = vt.differentiate_pair(view1, view2, order1, order2)
    y2, y1 = vt.differentiate_pair(view2, view1, order2, order1)
    frames = min(view1.shape[2] - order1, view2.shape[2] - order2)
    for x, y, view, order in ((x1, y1, view1, order1), (x2, y2, view2, order2)):
        assert torch.equal(x, y)
        assert torch.equal(x, vt.temporal_difference(view, order)[:, :, :frames])


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5), st.integers(1, 6), st.integers(-3, 3))
def test_taylor_expansion_of_a_polynomial_is_its_value(coefficients, frames, quarters):
    polynomial, t = np.polynomial.Polynomial(coefficients), np.arange(frames)
    derivatives = [torch.from_numpy(polynomial.deriv(k)(t) if k else polynomial(t)).view(1, -1, 1, 1)
                   for k in range(len(coefficients))]
    expected = torch.from_numpy(polynomial(t + quarters / 4)).view(1, -1, 1, 1)
    torch.testing.assert_close(vt.taylor_expand(derivatives, quarters / 4), expected, rtol=1e-12, atol=1e-9)


@given(clips(dtypes=[torch.float64], frames=(4, 7)), st.integers(1, 3))
def test_taylor_expansion_begins_with_the_clip_and_ends_at_the_shortest(clip, most):
    derivatives = [vt.temporal_difference(clip, k) for k in range(most + 1)]
    assert torch.equal(vt.taylor_expand(derivatives, 0.0), clip[:, :, :clip.shape[2] - most])
    assert torch.equal(vt.taylor_expand(derivatives[:2], 1.0), clip[:, :, 1:])


# Schedules, selector, reproducible random numbers

HALF, QUARTER, EIGHTH = Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)
THIRD, SIXTH = Fraction(1, 3), Fraction(1, 6)
TABLE_6 = {  # frequency of each pair of orders over a cycle, worked out by hand
    "base": {(0, 0): 1},
    "random-1st": {(i, j): QUARTER for i in (0, 1) for j in (0, 1)},
    "random-1st-2nd": {(i, j): Fraction(1, 9) for i in range(3) for j in range(3)},
    "reverse": {(1, 1): QUARTER, **dict.fromkeys(((0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (2, 2)), EIGHTH)},
    "schedule-1st": {(1, 1): HALF, (0, 0): HALF},
    "schedule-1st-mix": {(1, 1): THIRD, (1, 0): THIRD, (0, 0): THIRD},
    "schedule-1st-2nd": {(1, 1): HALF, (0, 0): QUARTER, (2, 2): QUARTER},
    "schedule-1st-2nd-mix": {(1, 1): THIRD, **dict.fromkeys(((0, 0), (1, 0), (2, 1), (2, 2)), SIXTH)},
    "vididi": {(1, 1): QUARTER, **dict.fromkeys(((0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (2, 2)), EIGHTH)},
}
SCHEDULES = st.sampled_from(list(vt.SCHEDULES))
OWN = st.builds(dict, cycle=st.lists(st.tuples(*[st.one_of(ORDERS, st.lists(ORDERS, min_size=1, max_size=3))] * 2),
                                     min_size=1, max_size=5), p_extra=st.sampled_from([0, 0.25, 0.5, 1]))


@pytest.mark.parametrize("name", vt.SCHEDULES)
@settings(max_examples=5)
@given(seed=COUNTS, start=st.integers(0, 2**62))
def test_frequencies_over_a_cycle_are_those_of_table_6(name, seed, start):
    selector, cycle, steps = vt.PairSelector(name, seed), len(vt.SCHEDULES[name].cycle), 1200
    counts = Counter(selector.orders(start + epoch, step) for epoch in range(cycle) for step in range(steps // cycle))
    assert counts.keys() == TABLE_6[name].keys()
    for pair, share in TABLE_6[name].items():
        assert abs(counts[pair] - steps * share) <= 5 * math.sqrt(steps * share * (1 - share))


@given(st.one_of(SCHEDULES, OWN), COUNTS, st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=8))
def test_the_selector_is_a_pure_function_and_its_state_round_trips(schedule, seed, keys):
    selector = vt.PairSelector(schedule, seed)
    forward = [selector.orders(*key) for key in keys]
    state = json.loads(json.dumps(selector.state_dict()))
    other = vt.PairSelector(schedule, seed)
    other.load_state_dict(state)
    assert [other.orders(*key) for key in reversed(keys)] == forward[::-1]
    assert vt.PairSelector(other.schedule, seed).schedule == selector.schedule
    for (epoch, _), orders in zip(keys, forward, strict=True):
        allowed = [order if isinstance(order, tuple) else (order,)
                   for order in selector.schedule.cycle[selector.phase(epoch)]]
        extra = {0} if selector.schedule.p_extra == 0 else {1} if selector.schedule.p_extra == 1 else {0, 1}
        assert any(all(o - more in choices for o, choices in zip(orders, allowed, strict=True)) for more in extra)
        assert max(orders) <= selector.schedule.max_order


@given(st.one_of(SCHEDULES, OWN), COUNTS, COUNTS)
def test_a_state_of_another_seed_or_schedule_is_refused(schedule, seed, other):
    state = vt.PairSelector(schedule, seed).state_dict()
    if other != seed:
        with pytest.raises(ValueError, match="a run can only be resumed with its own seed"):
            vt.PairSelector(schedule, other).load_state_dict(state)
    longer = dict(cycle=[*state["schedule"]["cycle"], (5, 5)], p_extra=state["schedule"]["p_extra"])
    with pytest.raises(ValueError, match="a run can only be resumed with its own schedule"):
        vt.PairSelector(longer, seed).load_state_dict(state)


KEYS = st.tuples(st.sampled_from(["pair", "ClipAugment", "demo"]), COUNTS, COUNTS, COUNTS, COUNTS)


@given(KEYS, KEYS)
def test_streams_of_two_keys_differ(one, other):
    assume(one != other)
    streams = [keyed_generator(*key).integers(2**64, size=4, dtype=np.uint64) for key in (one, other)]
    assert not np.array_equal(*streams)


@given(KEYS, st.integers(0, 3))
def test_missing_counters_are_zero_and_numpy_integers_are_integers(key, given_counters):
    tag, seed, *counter = key
    counter[given_counters:] = [0] * (3 - given_counters)
    expected = keyed_generator(tag, seed, *counter).random(5)
    assert np.array_equal(keyed_generator(tag, seed, *counter[:given_counters]).random(5), expected)
    words = np.array([seed, *counter], dtype=np.uint64)
    assert np.array_equal(keyed_generator(tag, *words).random(5), expected)


@given(KEYS, st.integers(1, 5000))
def test_random_numbers_never_reach_the_next_key(key, number):
    rng = keyed_generator(*key)
    rng.random(number)
    lowest, *counter = rng.bit_generator.state["state"]["counter"].tolist()
    assert counter == list(key[2:])
    assert lowest <= number // 4 + 1


# Augmentation, crops, the batched pass

BATCHES = clips(dtypes=[torch.uint8], channels=(3, 3), frames=(1, 4), size=(2, 6))


def augmentation(size=None, **options):
    return vt.ClipAugment(**{**dict(size=size, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5), **options})


def close(out, expected, atol=3e-5):
    torch.testing.assert_close(out, expected, atol=atol, rtol=0)


@given(BATCHES, st.sampled_from([None, 2, 5]), st.tuples(COUNTS, COUNTS))
def test_augmentation_is_a_pure_function_with_values_in_range(batch, size, key):
    augment = augmentation(size, **PLAIN)
    params, before = augment.draw(batch.shape, *key), batch.clone()
    table = params.table()
    torch.manual_seed(0)
    out, again = (augment(batch, params)[0] for _ in range(2))
    assert torch.equal(out, again)
    assert torch.equal(batch, before)
    assert torch.equal(params.table(), table)
    assert out.shape == (*batch.shape[:3], *((size, size) if size else batch.shape[3:]))
    assert out.numel() == 0 or (out.min() >= -1e-6 and out.max() <= 1 + 1e-6)


@given(BATCHES, st.tuples(COUNTS, COUNTS))
def test_parameters_of_fewer_clips_are_the_first(batch, key):
    augment = augmentation(4)
    params, more = augment.draw(batch.shape, *key), augment.draw((len(batch) + 2, *batch.shape[1:]), *key)
    for mine, theirs in zip(vars(params).values(), vars(more[:len(batch)]).values(), strict=True):
        assert torch.equal(mine, theirs)


@given(BATCHES, st.sampled_from(list(LAYOUTS)), st.sampled_from([torch.uint8, *FLOATS]), COUNTS)
def test_layout_and_dtype_of_the_clips_do_not_matter(batch, layout, dtype, key):
    augment = augmentation(hue=0.0, contrast_mean="frame")
    params = augment.draw(batch.shape, key)
    (expected,) = augment(batch, params)
    given_as = batch if dtype == torch.uint8 else (batch.double() / 255).to(dtype)
    rounding = 0 if dtype == torch.uint8 else torch.finfo(dtype).eps
    (out,) = augment(LAYOUTS[layout](given_as), params)
    close(out, expected, atol=3e-5 + 40 * rounding)


@given(BATCHES, COUNTS, SEEDS)
def test_clips_do_not_affect_each_other(batch, key, seed):
    augment = augmentation(4)
    params = augment.draw(batch.shape, key)
    some = torch.randperm(len(batch), generator=generator(seed))[:2]
    close(augment(batch[some], params[some])[0], augment(batch, params)[0][some])


@given(BATCHES, COUNTS, st.sampled_from(["clip", "frame"]))
def test_derivatives_are_those_of_the_augmented_clip(batch, key, contrast_mean):
    augment = augmentation(contrast_mean=contrast_mean)
    params, orders = augment.draw(batch.shape, key), tuple(range(batch.shape[2]))
    outputs = augment(batch, params, orders=orders)
    backward = augment(batch.flip(2), params, orders=orders)
    for order, output, reverse in zip(orders, outputs, backward, strict=True):
        close(output, vt.temporal_difference(outputs[0], order), atol=1e-4)
        close(reverse, (-1)**order * output.flip(2), atol=2e-4)


@given(BATCHES, COUNTS, st.sampled_from(["clip", "frame"]))
def test_the_mean_of_the_contrast_is_equal_in_a_separate_pass(batch, key, contrast_mean):
    table = augmentation().draw(batch.shape, key).table()
    chosen = Settings((0.0,) * 3, (1.0,) * 3, 3, contrast_mean)
    separate, same_pass = (sweep(reflect_pad(batch, 1), table, (0,), chosen, mean_first)[0]
                           for mean_first in (True, False))
    close(separate, same_pass, atol=1e-6)


@given(BATCHES, COUNTS)
def test_a_still_batch_has_derivative_zero(batch, key):
    still = batch[:, :, :1].expand(-1, -1, 3, -1, -1)
    augment = augmentation(5)
    (derivative,) = augment(still, augment.draw(still.shape, key), orders=(1,))
    close(derivative, torch.zeros_like(derivative))


@given(BATCHES, COUNTS)
def test_flip_mirrors_the_output(batch, key):
    augment = augmentation(5)
    params = augment.draw(batch.shape, key)
    close(augment(batch, replace(params, flip=~params.flip))[0], augment(batch, params)[0].flip(-1))


@given(BATCHES, COUNTS)
def test_gray_has_equal_channels_and_a_full_turn_of_the_hue_changes_nothing(batch, key):
    augment = augmentation(**PLAIN)
    params = augment.draw(batch.shape, key)
    (gray,) = augment(batch, replace(params, gray=torch.ones_like(params.gray)))
    close(gray, gray[:, :1].expand_as(gray))
    (out,), (turned,) = augment(batch, params), augment(batch, replace(params, hue=params.hue + 1))
    close(turned, out, atol=1e-4)


@given(BATCHES, COUNTS)
def test_probability_zero_only_normalises(batch, key):
    augment = augmentation(p_blur=0, p_jitter=0, p_gray=0, mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 1.0))
    mean, std = (torch.tensor(values).view(3, 1, 1, 1) for values in ((0.1, 0.2, 0.3), (0.5, 0.25, 1.0)))
    close(augment(batch, augment.draw(batch.shape, key))[0], (batch / 255 - mean) / std)


@given(st.integers(1, 300), st.integers(1, 300), st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)).map(sorted),
       st.tuples(st.floats(0.2, 5), st.floats(0.2, 5)).map(sorted), SEEDS)
def test_crops_are_inside_the_frame_and_have_an_allowed_ratio(height, width, area, ratio, seed):
    numbers = torch.rand(8, NUMBERS_PER_CROP, generator=generator(seed))
    numbers[0], numbers[1] = 0.0, 1 - 2**-24  # the smallest and the largest possible
    boxes = random_crops(numbers, (height, width), area, ratio)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] >= 1).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= torch.tensor([height, width])).all()
    high, wide = boxes[:, 2].double(), boxes[:, 3].double()  # rounding moves each side by half a pixel, or up to one
    assert ((wide + 0.51 >= (high - 0.51) * ratio[0]) | (high == 1)).all()
    assert ((wide - 0.51 <= (high + 0.51) * ratio[1]) | (wide == 1)).all()


@st.composite
def boxes(draw):
    """Length of a frame's side, start and length of a part of it, and size of the result."""
    full = draw(st.integers(1, 40))
    start = draw(st.integers(0, full - 1))
    return full, start, draw(st.integers(1, full - start)), draw(st.integers(1, 30))


@given(boxes())
def test_interpolation_weights_of_a_crop(box):
    full, start, length, size = box
    weights, mirrored = interpolation_weights(torch.tensor([start, full - start - length]).float(),
                                              torch.tensor([length, length]).float(), full, size)
    assert weights.shape == (size, full)
    assert (weights >= 0).all()
    close(weights.sum(1), torch.ones(size), atol=1e-5)
    assert weights[:, :start].count_nonzero() == weights[:, start + length:].count_nonzero() == 0
    close(weights.flip(0, 1), mirrored, atol=1e-5)


@given(boxes(), boxes(), st.booleans(), SEEDS)
def test_crops_equal_torch_interpolate(rows, columns, flip, seed):
    (height, top, high, size), (width, left, wide, _) = rows, columns
    clip = torch.rand(1, 3, 2, height, width, generator=generator(seed))
    before = clip.clone()
    out = resized_crop(clip, torch.tensor([[top, left, high, wide]]), torch.tensor([flip]), size)
    part = clip[0, :, :, top:top + high, left:left + wide].transpose(0, 1)
    expected = F.interpolate(part, size=(size, size), mode="bilinear", antialias=True).transpose(0, 1)
    close(out[0], expected.flip(-1) if flip else expected, atol=1e-5)
    assert torch.equal(clip, before)


# Objectives

def gradients_are_finite(objective, *tensors):
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    objective(*leaves).backward()
    return all(leaf.grad is None or leaf.grad.isfinite().all() for leaf in leaves)


def vicreg(z1, z2):
    return sum(vt.vicreg_loss(z1, z2).values())


def shuffled(seed, *tensors):
    order = torch.randperm(len(tensors[0]), generator=generator(seed))
    return [tensor[order] for tensor in tensors]


@given(embeddings(), SEEDS)
def test_vicreg_laws(pair, seed):
    before = [z.clone() for z in pair]
    terms, swapped = vt.vicreg_loss(*pair), vt.vicreg_loss(*shuffled(seed, *pair[::-1]))
    expected = np.multiply(reference.vicreg(*map(in_float64, pair)), (1, 1, 0.05)) if pair[0].shape[1] > 1 else None
    for k, (name, term) in enumerate(terms.items()):
        assert term >= 0
        torch.testing.assert_close(swapped[name], term)
        if expected is not None:
            assert term.item() == pytest.approx(expected[k], rel=1e-3, abs=1e-5)
    assert vt.invariance_loss(pair[0], pair[0]) == 0
    assert gradients_are_finite(vicreg, *pair)
    assert all(torch.equal(z, old) for z, old in zip(pair, before, strict=True))


@given(embeddings(number=1, dtypes=[torch.float64]), st.floats(-3, 3), SEEDS)
def test_variance_and_covariance_do_not_depend_on_the_mean(z, shift, seed):
    (z,) = z
    for term in (vt.variance_loss, vt.covariance_loss):
        torch.testing.assert_close(term(z + shift), term(z), rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(term(z[:, torch.randperm(z.shape[1], generator=generator(seed))]), term(z))
        torch.testing.assert_close(term(-z), term(z))
    torch.testing.assert_close(vt.covariance_loss(2 * z), 16 * vt.covariance_loss(z))
    torch.testing.assert_close(vt.variance_loss(z, gamma=0.0), torch.zeros((), dtype=torch.float64))


@given(embeddings(), SEEDS, st.sampled_from([0.05, 0.1, 1.0]))
def test_info_nce_laws(pair, seed, temperature):
    loss = vt.info_nce_loss(*pair, temperature=temperature)
    assert 0 <= loss <= math.log(len(pair[0])) + 2 / temperature
    torch.testing.assert_close(vt.info_nce_loss(*shuffled(seed, *pair[::-1]), temperature=temperature), loss, rtol=1e-4,
                               atol=1e-5)
    if pair[0].any():
        torch.testing.assert_close(vt.info_nce_loss(2 * pair[0], pair[1] / 2, temperature=temperature), loss)
        assert loss.item() == pytest.approx(reference.info_nce(*map(in_float64, pair), temperature), rel=1e-4, abs=1e-4)
    else:
        assert loss.item() == pytest.approx(math.log(len(pair[0])))
    assert gradients_are_finite(vt.info_nce_loss, *pair)


@given(embeddings(batch=(1, 6)), SEEDS)
def test_byol_laws(pair, seed):
    loss = vt.byol_loss(*pair)
    assert -1e-6 <= loss <= 2 + 1e-6
    torch.testing.assert_close(vt.byol_loss(*shuffled(seed, *pair)), loss)
    torch.testing.assert_close(vt.byol_loss(*pair[::-1]), loss)
    assert vt.byol_loss(pair[0], -pair[0]).item() == pytest.approx(2 if pair[0].any() else 1, abs=1e-6)
    assert gradients_are_finite(vt.byol_loss, *pair)
    target = pair[1].clone().requires_grad_()
    assert not vt.byol_loss(pair[0], target).requires_grad


@given(embeddings(number=1, batch=(0, 4)))
def test_gathering_in_one_process_returns_the_input(z):
    assert vt.gather_batch(z[0]) is z[0]


# Retrieval

@st.composite
def retrieval_sets(draw):
    """Gallery, its labels, queries and their labels, without ties."""
    number, queries, dimensions = draw(st.integers(1, 12)), draw(st.integers(1, 6)), draw(st.integers(2, 8))
    rng = generator(draw(SEEDS))
    features = torch.randn(number + queries, dimensions, generator=rng, dtype=torch.float64)
    labels = torch.randint(3, (number + queries,), generator=rng)
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    features = features.to(dtype)
    return features[:number], labels[:number], features[number:], labels[number:]


METRICS = st.sampled_from(["cosine", "euclidean"])


@given(retrieval_sets(), METRICS, st.integers(1, 7), SEEDS)
def test_recall_does_not_depend_on_order_chunks_or_names_of_classes(sets, metric, chunk, seed):
    gallery, gallery_labels, query, query_labels = sets
    topk = (1, 2, 5, 20)
    recalls = vt.recall_at_k(*sets, topk, metric)
    assert recalls == vt.recall_at_k(*shuffled(seed, gallery, gallery_labels), *shuffled(seed, query, query_labels),
                                     topk, metric, chunk)
    assert recalls == vt.recall_at_k(gallery, 7 - gallery_labels, query, 7 - query_labels, topk, metric)
    assert list(recalls.values()) == sorted(recalls.values())
    assert recalls[20] == pytest.approx(np.isin(query_labels, gallery_labels).mean())
    if metric == "cosine":
        expected = {k: reference.recall_at_k(*(part.numpy() for part in sets), k) for k in topk}
        assert recalls == pytest.approx(expected)


@given(retrieval_sets(), METRICS, st.integers(1, 15), SEEDS)
def test_neighbours_follow_a_permuted_gallery(sets, metric, k, seed):
    gallery, _, query, _ = sets
    before = gallery.clone()
    neighbours = vt.nearest(gallery, query, k, metric)
    assert neighbours.shape == (len(query), min(k, len(gallery)))
    assert all(len(set(row)) == len(row) for row in neighbours.tolist())
    order = torch.randperm(len(gallery), generator=generator(seed))
    assert torch.equal(order[vt.nearest(gallery[order], query, k, metric)], neighbours)
    moved = (gallery * 2, query / 2) if metric == "cosine" else (gallery + 1, query + 1)
    assert torch.equal(vt.nearest(*moved, k, metric), neighbours)
    assert torch.equal(vt.nearest(gallery, gallery, 1, metric)[:, 0], torch.arange(len(gallery)))
    assert torch.equal(gallery, before)


@given(retrieval_sets(), METRICS, st.sampled_from([torch.float16, torch.bfloat16, torch.int32]), st.booleans())
def test_neighbours_of_other_dtypes_are_those_of_the_same_values(sets, metric, dtype, both):
    gallery, query = (10 * sets[0]).to(dtype), (10 * sets[2]).to(dtype) if both else 10 * sets[2]
    assert torch.equal(vt.nearest(gallery, query, 3, metric),
                       vt.nearest(gallery.to(sets[2].dtype), query.to(sets[2].dtype), 3, metric))


def test_differences_of_small_integers_are_exact():
    """The strategy of clips relies on this: 16 times the widest range is exact in float32."""
    assert all(2**4 * (torch.iinfo(dtype).max - torch.iinfo(dtype).min) < 2**24
               for dtype in SMALL_INTEGERS if dtype != torch.bool)
