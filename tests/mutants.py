"""Breaks one formula at a time and looks which test notices.

``python tests/mutants.py`` takes about 20 minutes. Each mutant is tried on a copy of the project, two at a time. The
table goes to ``docs/mutants.md``. Exit code 1: a mutant has survived, so that a test is missing. It is an error if a
mutant's text is not in its file exactly once, or if the broken file uses an undefined name, which any test would
notice.
"""
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("vididi_transforms", "tests", "mmaction_configs", "pyproject.toml")
PACKAGES = ("torch", "numpy", "hypothesis", "pytest", "mmaction2", "mmengine")
FUNCTIONAL, SELECTOR, OBJECTIVES, RETRIEVAL, AUGMENT, KERNELS = (f"tests/{name}.py" for name in (
    "derivatives/test_functional", "pairs/test_pair_selector", "objectives/test_objectives",
    "evaluation/test_retrieval", "augment/test_clip_augment", "augment/test_kernels"))
PROPERTIES, ERRORS = "tests/test_properties.py", "tests/test_errors.py"
FINITE = "tests/test_finite.py -m 'not slow'"
RECOGNIZER, HOOKS, HARD_USE, PREPROCESSOR, METRICS, PIPELINES = (f"tests/mmaction2/{name}.py" for name in (
    "models/test_recognizers", "test_vididi_hook", "test_hard_use", "models/test_data_preprocessor",
    "evaluation/test_retrieval_metric", "datasets/test_clip_pairs"))
LISTS = "tests/data/test_video_lists.py"
STATISTICS = "tests/mmaction2/models/test_bn_statistics.py -k 'not processes and not distributed and not compiled'"
ENCODERS = "tests/mmaction2/models/test_encoders.py -m 'not slow'"
MMACTION2_ERRORS = "tests/mmaction2/test_mmaction2_errors.py"
EXACT = "tests/mmaction2/engine/test_bn_statistics_hook.py -m 'not slow'"
READING = "tests/data/readers/test_readers.py"
CHECK = "tests/mmaction2/engine/test_finite_check.py -m 'not slow'"


class Mutant(NamedTuple):
    """A text in a file, what it becomes, and the tests that should notice."""

    file: str
    text: str
    broken: str
    tests: str


def of(file, tests, *changes):
    return [Mutant(file, text, broken, tests) for text, broken in changes]


MUTANTS = [
    *of("derivatives/functional.py", FUNCTIONAL,
        ("return torch.diff(clip, dim=dim)", "return -torch.diff(clip, dim=dim)"),
        ("return torch.diff(clip, dim=dim)", "return torch.diff(clip, dim=-3)"),
        ("for _ in range(order):", "for _ in range(order + 1):"),
        ("    return order\n", "    return 2 * order\n"),
        ("exact = clip.to(torch.promote_types(dtype, torch.float32))", "exact = clip.to(dtype)"),
        ("dtype = clip.dtype if clip.is_floating_point() or clip.is_complex() else torch.float32",
         "dtype = clip.dtype"),
        ("clip.narrow(dim, 0, frames)", "clip.narrow(dim, clip.shape[dim] - frames, frames)"),
        ("temporal_difference(view2, order2, dim)", "temporal_difference(view2, order1, dim)"),
        ("dt**k / factorial(k) * derivative", "dt**k * derivative"),
        ("dt**k / factorial(k) * derivative", "dt / factorial(k) * derivative")),
    *of("derivatives/transforms.py", FUNCTIONAL,
        ("temporal_difference(clip, self.order, self.dim)", "temporal_difference(clip, self.order)")),
    *of("pairs/schedules.py", SELECTOR,
        ('"vididi":               Schedule(cycle=((1, 1), (1, 0), (0, 1), (0, 0)), p_extra=0.5)',
         '"vididi":               Schedule(cycle=((1, 1), (0, 1), (1, 0), (0, 0)), p_extra=0.5)'),
        ("((1, 1), (1, 0), (0, 1), (0, 0)), p_extra=0.5)", "((1, 1), (1, 0), (0, 1), (0, 0)), p_extra=0.4)"),
        ("cycle=((0, 0), (0, 1), (1, 0), (1, 1)), p_extra=0.5", "cycle=((0, 0), (0, 1), (1, 0), (1, 1)), p_extra=0.0"),
        ('"schedule-1st-mix":     Schedule(cycle=((1, 1), (1, 0), (0, 0)))',
         '"schedule-1st-mix":     Schedule(cycle=((1, 1), (0, 1), (0, 0)))'),
        ("((0, 1, 2), (0, 1, 2)),", "((0, 1, 2), (0, 1)),"),
        (" + (self.p_extra > 0)", "")),
    *of("pairs/pair_selector.py", SELECTOR,
        ("int(numbers[0] < self.schedule.p_extra)", "int(numbers[0] > self.schedule.p_extra)"),
        ("_choose(order2, numbers[2]) + extra", "_choose(order2, numbers[2])"),
        ("_choose(order2, numbers[2])", "_choose(order2, numbers[1])"),
        ("epoch % len(self.schedule.cycle)", "(epoch + 1) % len(self.schedule.cycle)"),
        ('"seed": self.seed}', '"seed": 0}')),
    *of("pairs/pair_selector.py", SELECTOR,
        ("\"p_extra\" if name == \"extra\" else name", "name"),
        ("if schedule != self.schedule:", "if False:"),
        ("if seed != self.seed:", "if False:")),
    *of("pairs/keyed_random.py", f"{SELECTOR} {PROPERTIES}",
        ("[0, *words[1:], *[0] * (4 - len(words))]", "[*words[1:], *[0] * (4 - len(words)), 0]"),
        ("[0, *words[1:], *[0] * (4 - len(words))]", "[0, *sorted(words[1:]), *[0] * (4 - len(words))]"),
        ("zlib.crc32(tag.encode())", "0"),
        ("key=np.array([seed, ", "key=np.array([0, ")),
    *of("augment/clip_augment.py", f"{AUGMENT} {PROPERTIES}",
        ("jitter = chance[:, 2] < self.p_jitter", "jitter = chance[:, 2] >= self.p_jitter"),
        ("chance[:, 3] < self.p_gray", "chance[:, 0] < self.p_gray"),
        ("extent * (2 * value[:, k] - 1)", "extent * value[:, k]"),
        ("extent * (2 * value[:, k] - 1)", "extent * (2 * value[:, 0] - 1)"),
        ("(self.sigma[1] - self.sigma[0]) * value[:, 4]", "self.sigma[1] * value[:, 4]"),
        ("operations=order.argsort(dim=1)", "operations=torch.arange(4).expand(batch, 4)"),
        ("chance[:, 0] < self.p_flip", "chance[:, 0] >= self.p_flip")),
    *of("augment/params.py", AUGMENT,
        ("place = self.operations.argsort(dim=1)", "place = self.operations"),
        ("SLOTS_BEFORE_HUE + place - 1, place)", "SLOTS_BEFORE_HUE + place - 2, place)"),
        ("contrast + MEAN_LUMINANCE]", "contrast + LUMINANCE]"),
        ("1 - self.contrast", "self.contrast - 1"),
        ("1 - self.saturation", "self.saturation - 1")),
    *of("augment/resample.py", f"{AUGMENT} {PROPERTIES}",
        ("(areas / ratios).sqrt().round(), (areas * ratios)", "(areas * ratios).sqrt().round(), (areas / ratios)"),
        ("math.log(ratio[0]), math.log(ratio[1])", "math.log(ratio[0]), math.log(ratio[0])"),
        ("(limit - box + 1)).floor()", "(limit - box)).floor()"),
        ("fits.int().argmax(1)", "fits.int().argmin(1)"),
        ("max(round(height * ratio[1]), 1)", "round(height * ratio[1])"),
        ("(boxes >= 1) & (boxes <= limit)", "(boxes >= 1)"),
        ("scale.clamp(min=1)", "scale"),
        ("(torch.arange(size) + 0.5)", "torch.arange(size)"),
        ("(pixel > 0) & (pixel < length[:, None, None])", "pixel > 0"),
        ("columns.flip(1), columns)", "columns.flip(2), columns)"),
        ("clips / 255 if", "clips / 256 if")),
    *of("augment/kernels/reference.py", f"{AUGMENT} {PROPERTIES}",
        ("LUMA = (0.2989, 0.587, 0.114)", "LUMA = (0.2126, 0.7152, 0.0722)"),
        ("padded * (1 / 255)", "padded * (1 / 256)"),
        ("dims = (2, 3) if settings.contrast_mean == \"frame\" else (1, 2, 3)", "dims = (2, 3)"),
        ("torch.where(is_gray, gray, c)", "torch.where(is_gray, c, gray)"),
        ("- m) * (1 / s)", "- m) * s"),
        ("- m) * (1 / s)", ") * (1 / s)"),
        ("nth_difference(frames, order, dim=2)", "nth_difference(frames, order, dim=3)"),
        ("nth_difference(frames, order, dim=2)", "nth_difference(frames.half(), order, dim=2).float()"),
        ("rows[..., half - k] = rows[..., half + k]", "rows[..., half - k] = rows[..., half + k - 1]"),
        ("padded[..., half + height - 1 + k, :] = padded[..., half + height - 1 - k, :]",
         "padded[..., half + height - 1 + k, :] = 0"),
        ("torch.exp(-0.5 * (distance", "torch.exp(-1.0 * (distance"),
        ("(2 * weights.sum(1, keepdim=True) - 1)", "weights.sum(1, keepdim=True)"),
        ("for dim in (-1, -2):", "for dim in (-1, -1):"),
        ("luminance_weight * gray + mean_weight", "luminance_weight + mean_weight"),
        ("(gain * c + offset).clamp(0, 1) for", "(gain * c + offset) for"),
        ("2 + (blue - red) * scale, 4 + (red - green) * scale", "4 + (blue - red) * scale, 2 + (red - green) * scale"),
        ("sector - 6 * torch.floor(sector * (1 / 6))", "sector"),
        ("channel(5.0), channel(3.0), channel(1.0)", "channel(5.0), channel(1.0), channel(3.0)"),
        ("+ 6 * turns", "+ 5 * turns")),
    *of("augment/kernels/sweep_triton.py", f"{KERNELS} -k stencil",
        ("max(orders) <= 2 and _is_forward()", "max(orders) <= 2")),
    *of("augment/kernels/reference.py", PROPERTIES,
        ("(has_contrast, luminance(colour), found)", "(has_contrast, found, luminance(colour))")),
    *of("augment/kernels/chunked.py", f"{KERNELS} -k pieces",
        ("range(0, len(clips), piece)", "range(piece, len(clips), piece)"),
        ("table[part], tuple(orders)", "table[:piece], tuple(orders)"),
        ("slice(min(start, len(clips) - piece), min(start + piece, len(clips)))", "slice(start, start + piece)")),
    *of("objectives/vicreg.py", OBJECTIVES,
        ("F.mse_loss(z1, z2)", "F.l1_loss(z1, z2)"),
        ("scale = z1.shape[1] if", "scale = z1.shape[0] if"),
        ("weights[1] * (variance_loss", "weights[2] * (variance_loss"),
        ("weights[2] * (covariance_loss(z1) + covariance_loss(z2))", "weights[2] * covariance_loss(z1)"),
        ("(z.var(dim=0) + eps).sqrt()", "(z.var(dim=0, unbiased=False) + eps).sqrt()"),
        ("(z.var(dim=0) + eps).sqrt()", "z.var(dim=0).sqrt()"),
        ("F.relu(gamma - ", "(gamma - "),
        ("z = z - z.mean(dim=0)", "z = z + 0"),
        ("z.T @ z / (videos - 1)", "z.T @ z / videos"),
        ("matrix.square().sum() - matrix.diagonal().square().sum()", "matrix.square().sum()")),
    *of("objectives/simclr.py", OBJECTIVES,
        (".T / temperature", ".T * temperature"),
        ("F.normalize(scaled(z1, 1), dim=1) @", "scaled(z1, 1) @"),
        ("own = torch.arange(len(z1), device=z1.device)", "own = torch.arange(len(z1), device=z1.device).roll(1)"),
        ("F.cross_entropy(similarity.T, own)", "F.cross_entropy(similarity, own)")),
    *of("objectives/byol.py", OBJECTIVES,
        ("target.detach()", "target"),
        ("(1 - F.cosine_similarity", "(2 - 2 * F.cosine_similarity")),
    *of("objectives/gather.py", "tests/objectives/test_gather.py",
        ("        dist.all_reduce(total)\n", ""),
        ("[dist.get_rank()]", "[0]"),
        ("torch.cat(parts)", "torch.cat(parts[::-1])")),
    *of("objectives/projector.py", OBJECTIVES,
        ("nn.BatchNorm1d(hidden_channels), ", ""),
        ("nn.Linear(in_channels, out_channels))", "nn.Linear(in_channels, out_channels), nn.ReLU())")),
    *of("evaluation/retrieval.py", RETRIEVAL,
        ("similarities.topk(min(k + 1, similarities.shape[1]), dim=1)",
         "similarities.topk(min(k + 1, similarities.shape[1]), dim=1, largest=False)"),
        ("return F.normalize(scaled(gallery, 1, smallest), dim=1)", "return scaled(gallery, 1, smallest)"),
        ("return -torch.cdist", "return torch.cdist"),
        ("\"donot_use_mm_for_euclid_dist\"", "\"use_mm_for_euclid_dist\""),
        ("if tied.any():", "if False:"),
        ("hits[:, :k].any(dim=1)", "hits[:, :k].all(dim=1)")),
    *of("evaluation/retrieval.py", METRICS, ("features - features.mean(0)", "features")),
    *of("analysis/derivative_strip.py", "tests/analysis/test_derivative_strip.py",
        ("row[:, :derivative.shape[1]] = derivative", "row[:, -derivative.shape[1]:] = derivative")),
    *of("evaluation/neighbours.py", "tests/evaluation/test_neighbours.py",
        ("self.hits[chosen]", "self.hits"),
        ("self.indices[:, 0]", "self.indices[:, -1]"),
        ("centred(part.features) if", "part.features - gallery.features.mean(0) if"),
        ("(np.searchsorted(labels, self.query.labels), np.searchsorted(labels, found))",
         "(np.searchsorted(labels, found), np.searchsorted(labels, self.query.labels))")),
    *of("analysis/retrieval_page/thumbnails.py", "tests/analysis/test_retrieval_page.py",
        ("islice(frames(path), 0, stop, step)", "islice(frames(path), stop // step)"),
        ("key=lambda path: (len(path.name), path.name)", "key=lambda path: path.name"),
        ("min(number, len(images) - 1)", "number % len(images)")),
    *of("analysis/retrieval_page/queries.py", "tests/analysis/test_retrieval_page.py",
        ("zip(run.indices[number, :NEAREST], run", "zip(run.indices[number, :NEAREST][::-1], run"),
        ("WORDS[bool(run.hits[number, 0])]", "WORDS[bool(run.hits[number, -1])]"),
        ("in zip_longest(*by_class)", "in by_class")),
    *of("analysis/retrieval_page/tables.py", "tests/analysis/test_retrieval_page.py",
        ("_cells(counts[place], place)", "_cells(counts[:, place], place)")),
    *of("evaluation/clustering/scores.py", "tests/evaluation/test_clustering.py",
        ("(*(-np.mean([one[label] for one in recalls], axis=0)), label)",
         "(*(-np.max([one[label] for one in recalls], axis=0)), label)"),
        ("axis=0)), label))", "axis=0)), -label))"),
        ("labels, metric=metric))", "labels))"),
        ("np.asarray(features, dtype=np.float64), labels", "np.asarray(features, dtype=np.float16), labels")),
    *of("evaluation/clustering/comparison.py", "tests/evaluation/test_clustering.py",
        ("classes[:count])", "classes[-count:])"),
        ("_scores(run, own[run.name], metric)", "_scores(run, shared, metric)")),
    *of("evaluation/clustering/figure.py", "tests/evaluation/test_clustering.py",
        ("panel.points[panel.run.labels == label]", "panel.points[panel.run.labels != label]"),
        ("zip(classes, COLOURS", "zip(sorted(classes), COLOURS")),
    *of("analysis/report/work_dirs.py", "tests/analysis/test_report.py",
        ('.split("\\n")[:-1]', '.split("\\n")'),
        ('if "loss" not in line] + _tests(folder))', 'if "loss" not in line] + _tests(folder)[::-1])'),
        ("rf\"{re.escape(prefix)}/top(\\d+)\"", "r\".+/top(\\d+)\""),
        ("retrieval |= new_retrieval", "retrieval = retrieval or new_retrieval")),
    *of("analysis/report/figures.py", "tests/analysis/test_report.py", ('line["step"] / length', 'line["step"]'),
        ("yticks=range(highest + 1)", "yticks=range(3)")),
    *of("analysis/report/overview.py", "tests/analysis/test_report.py",
        ("percent(recalls[k]) if k in recalls", "percent([*recalls.values(), 0][columns.index(k)]) if k in recalls")),
    *of("mmaction2/evaluation/dump_features.py", "tests/mmaction2/evaluation/test_dump_features.py",
        ("parents[1]", "parents[0]"),
        ("complete(self.out) as part, part.open(", "(part := self.out).open(")),
    *of("mmaction2/models/recognizers.py", RECOGNIZER,
        ("tuple(map(self._encode, two_views(inputs), self.orders)), {}",
         "self._encode(__import__('torch').cat(two_views(inputs)), 0).chunk(2), {}")),
    *of("mmaction2/models/recognizers.py", STATISTICS,
        ("track_statistics(self.backbone, order == 0)", "track_statistics(self.backbone, True)"),
        ("track_statistics(self.backbone, order == 0)", "track_statistics(self.backbone, order != 0)"),
        ("track_statistics(self.backbone, False)  #", "track_statistics(self.backbone, True)  #"),
        ("        track_statistics(self.backbone, True)\n        return super()", "        return super()")),
    *of("mmaction2/models/bn_statistics.py", STATISTICS,
        ("correction=0", "correction=1"),
        ("variance + mean.square()", "variance"),
        (" * number / (number - 1)", ""),
        ("for backbone in backbones for layer in bn_layers(backbone) if layer.training]",
         "for backbone in backbones for layer in bn_layers(backbone)]"),
        ("orders=(0, 0), key", "orders=preprocessor.orders, key"),
        ("view[:, :, :length]", "view")),
    *of("mmaction2/models/bn_statistics.py", f"{STATISTICS.split()[0]} -k two_processes",
        ("        all_reduce(self.sums)\n", ""),
        ("number * get_world_size() + get_rank()", "number"),
        ("shard=(0, 1))", "shard=None)")),
    *of("mmaction2/datasets/fixed_batches.py", f"{STATISTICS.split()[0]} -k two_processes",
        ("[get_rank()::get_world_size()]", "[get_rank():]")),
    *of("mmaction2/vididi_hook.py", STATISTICS,
        ("            self._model.orders = orders\n", "            pass\n")),
    *of("mmaction2/engine/bn_statistics.py", EXACT,
        ("        self._exact = None\n        if self.at_end", "        if self.at_end"),
        ("[model, *(average.module for average in averages)]", "[model]"),
        ("with seeded(0, 0, 0):", "if True:")),
    *of("mmaction2/models/recognizers.py", ENCODERS,
        ("return last_stage(self.backbone, maps), {}", "return maps, {}")),
    *of("mmaction2/models/encoders.py", ENCODERS,
        ("return outputs[-1] if", "return outputs if"),
        ("if len(outputs) in (1, number)", "if True"),
        ("slow * ratio != fast", "False"),
        ("unflatten(0, (-1, frames)).transpose(1, 2)", "unflatten(0, (frames, -1)).permute(1, 2, 0, 3, 4)")),
    *of("mmaction2/models/encoders.py", MMACTION2_ERRORS,
        ("part.shape[:1] != clips.shape[:1]", "False"),
        ("if segments != frames:", "if False:")),
    *of("mmaction2/models/heads/templates.py", MMACTION2_ERRORS,
        ("if features.shape[1:] != (self.in_channels,):", "if False:")),
    *of("mmaction2/evaluation/saliency_inputs.py", "tests/mmaction2/evaluation/test_saliency_command.py -k every_error",
        ("if not isinstance(maps, Tensor):", "if False:")),
    *of("mmaction2/engine/checks/gradient_check.py", "tests/mmaction2/engine/test_gradient_check.py -m 'not slow'",
        ("weight.grad is None", "not (weight.grad is not None and weight.grad.any())"),
        ("weight.requires_grad and id(weight) in own", "id(weight) in own"),
        ("weight.requires_grad and id(weight) in own", "weight.requires_grad"),
        ("if name.startswith(BACKBONE)", "if True"),
        ("self._unchecked.remove(optimizer)", "pass")),
    *of("mmaction2/models/momentum_encoder.py", RECOGNIZER,
        ("(1 - self.base_momentum) * (math.cos", "self.base_momentum * (math.cos"),
        ("math.cos(math.pi * progress)", "math.cos(progress)")),
    *of("data/motion_videos.py", "tests/data/test_motion_videos.py", (', "x264-params": "asm=0"}', "}")),
    *of("data/files.py", "tests/data/test_prepare_security.py",
        ("part = path.with_name(f\"{path.name}.part\")", "part = path"),
        ("        shutil.rmtree(path)\n", "        pass\n"),
        ("os.truncate(path, size)", "pass")),
    *of("data/files.py", LISTS,
        ('return text.removeprefix("\\ufeff")', "return text")),
    *of("data/video_lists/grammar.py", LISTS,
        ('_SEARCHED = ("\\t", ",", ";", " ")', '_SEARCHED = (" ", "\\t", ",", ";")'),
        ('.replace(\'""\', \'"\')', ""),
        ("tuple(reversed(labels))", "tuple(labels)"),
        ("text = head.rstrip()", "text = head"),
        ("    if labels == (-1,):", "    if False:")),
    *of("data/video_lists/video_list.py", LISTS,
        ("r\"\\r\\n?|\\n\"", "r\"\\n\""),
        ("os.path.normpath(os.path.join(self.root, entry.path))", "entry.path"),
        ("if other.labels != entry.labels:", "if False:"),
        ("if videos.labels and not entry.labels:", "if not entry.labels:"),
        ('for form in ("NFC", "NFD")', 'for form in ("NFC",)')),
    *of("data/prepare/video_folder.py", "tests/data/test_prepare.py",
        ("for name in sorted(names) if parent.parts else ():", "for name in ():"),
        ('yield from (("", parts[-1:]) for parts in names)', "return")),
    *of("mmaction2/datasets/video_list.py", "tests/mmaction2/datasets/test_video_list_dataset.py -m 'not slow'",
        ("(*entry.labels, -1)[0]", "(*entry.labels, 0)[0]"),
        ("if self.labelled and not entry.labels:", "if False:"),
        ("max(entry.labels, default=0) >= self.num_classes", "max(entry.labels, default=0) > self.num_classes")),
    *of("mmaction2/engine/bad_videos.py", "tests/mmaction2/datasets/test_safe_dataset.py",
        ("(AttributeError, KeyError, TypeError, ValueError)", "(AttributeError, TypeError, ValueError)")),
    *of("data/files.py", "tests/mmaction2/test_writers.py -k 'strip or weights'",
        ("figure.savefig(part,", "figure.savefig(path,"),
        ("torch.save(content, file)\n    with complete(path) as part:\n        part.write_bytes(file.getbuffer())",
         "with complete(path) as part:\n        torch.save(content, part)"),
        ("raise OSError(error.errno, error.strerror, str(path)) from error", "raise")),
    *of("data/worker_processes.py", "tests/data/test_worker_processes.py",
        ("    gc.freeze()", "    pass"),
        ("signal.setitimer(signal.ITIMER_REAL, timeout)", "pass"),
        ("        except ConnectionError:  # the", "        except ZeroDivisionError:  # the"),
        ("self._pipe is not None and self._owner == os.getpid()", "self._pipe is not None"),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "signal.signal(signal.SIGINT, signal.SIG_DFL)")),
    *of("data/faults.py", "tests/data/test_verify_videos.py",
        ("lost > header.seconds / 10", "lost > header.seconds"),
        (" or decoded.corrupt:", ":"),
        ("self.corrupt += bool(frame.is_corrupt)", "pass"),
        ("not np.array_equal(image, to_rgb(frame, VideoReformatter()))", "False"),
        ("if decoded.ends.length != decoded.frames:", "if False:"),
        ("if len(container.streams) == 1 else 0", "if container.streams else 0"),
        ("        check_file(path)\n", "")),
    *of("data/frame_folders.py", "tests/data/test_verify_videos.py -k folders",
        ("range(first, first + frames)", "range(first, first + frames - 1)"),
        ("                image.load()\n", "")),
    *of("data/video_io.py", READING,
        ('"interpolation": "BICUBIC", ', ""),
        ('{"threads": 1} if', "{} if"),
        ("frame.rotation // 90", "0"),
        ('container.streams.best("video")', "container.streams.video[0]")),
    *of("data/readers/packets.py", READING,
        (" or _invisible(packet, codec)", ""),
        (" or guessed:", ":"),
        ("if time >= first)", ")"),
        ("dropwhile(lambda packet: not packet.key, packets)", "packets"),
        ("len(set(shown)) < frames or ", "")),
    *of("data/readers/pyav.py", READING,
        ("(self._partial and not frame.key_frame)", "False"),
        ("(number > position + 1 and not skippable)", "False"),
        ("if number + 1 != self._length:", "if number < max(wanted):"),
        ('"NONREF" if skipped else "DEFAULT"', '"NONREF"'),
        ("if decoded is None or key.number > position + 1:", "if decoded is None:")),
    *of("data/readers/opencv.py", READING,
        ("or self._length < promised:", ":"),
        ("        _check_stream(path)\n", ""),
        ("cv2.cvtColor(image, cv2.COLOR_BGR2RGB)", "image[..., ::-1]")),
    *of("data/readers/reader.py", "tests/data/readers/test_giving_way.py",
        ("self._chosen[path] = name", "pass"),
        ("            if isinstance(video, PyAVVideo):\n                raise\n", ""),
        ("        check_file(path)\n", ""),
        ("check_sizes(self._frames(path, video, choose))", "self._frames(path, video, choose)")),
    *of("mmaction2/datasets/readers.py", f"{PIPELINES} -k same_seed", ("np.random.set_state(state)", "pass")),
    *of("objectives/embeddings.py", RECOGNIZER,
        ("return z.to(torch.promote_types(z.dtype, torch.float32))", "return z.float()"),
        ("return z.to(torch.promote_types(z.dtype, torch.float32))", "return z"),
        ("part.mean(dim=(2, 3, 4))", "part.amax(dim=(2, 3, 4))")),
    *of("objectives/embeddings.py", "tests/objectives/test_embeddings.py",
        ("        parts = parts[1:]", "        pass"),
        ("for part in parts], dim=1)", "for part in parts[-1:]], dim=1)")),
    *of("mmaction2/models/heads/templates.py", RECOGNIZER,
        ("if self.symmetric:", "if False:"),
        ("(feats[0], targets[1])", "(feats[0], targets[0])"),
        ("gather_batch(z1), gather_batch(z2)", "gather_batch(z1), gather_batch(z1)")),
    *of("mmaction2/vididi_hook.py", HOOKS,
        ("if not training:", "if False:"),
        ("return runner.epoch\n", "return runner.epoch + 1\n"),
        ("torch.stack((x1, x2), dim=1)", "torch.stack((x2, x1), dim=1)")),
    *of("mmaction2/vididi_hook.py", HARD_USE,
        ("hook._detach()", "pass"),
        ("        if self.check_ranks:\n", "        self.__dict__.setdefault('kept', []).append([epoch])\n"
         "        if self.check_ranks:\n")),
    *of("mmaction2/models/data_preprocessor.py", PREPROCESSOR,
        ("params[number::2]", "params[::2]"),
        ("zip(pair, self.orders, strict=True)", "zip(pair, self.orders[::-1], strict=True)")),
    *of("mmaction2/compat/batches.py", "tests/mmaction2/compat/test_batches.py",
        ("len(loader) == 0 and not infinite", "len(loader) == 0"),
        ("if loader.drop_last or infinite else", "if loader.drop_last else"),
        ("(rest or loader.batch_size) == 1", "rest == 1"),
        ("len(loader.sampler), isinstance", "len(loader.dataset), isinstance")),
    *of("mmaction2/engine/resume.py", "tests/mmaction2/engine/test_resume.py -m 'not slow' -k 'moved or folder'",
        ("copied and path.name == Path(named).name, ", ""),
        ("                path.touch()", "                pass"),
        (" and not (work_dir / named.name).exists()", "")),
    *of("mmaction2/datasets/class_balanced.py", "tests/mmaction2/datasets/test_class_balanced.py",
        ("index.epoch, index.sample)", "index.epoch)")),
    *of("mmaction2/engine/checks/finite_check.py", CHECK,
        ("self._step.minimised() + gradients", "self._step.minimised()"),
        ("self._step.minimised() + gradients", "gradients"),
        ("gradients = [] if self._scalers else", "gradients ="),
        ("self._stop_unless_finite(self._new_weights, self._weights)", "pass"),
        ("        if self._new_weights is None:\n            self._check()\n        else:", "        if True:"),
        ("        if self._step is not None:\n            self._check()\n", "        pass\n"),
        ("< self.min_loss_scale", "< 0"),
        (" and _on_any_rank(not all(tensor.isfinite().all() for tensor in tensors))", ""),
        ("        self._step = None\n\n    def _record_losses", "\n    def _record_losses")),
    *of("mmaction2/engine/checks/finite_check.py", f"{CHECK.split()[0]} -k two_ranks",
        ('all_reduce(flag, "max")', "pass"),
        ("min(all_gather_object(found.stage), key=STAGES.index)", "found.stage"),
        ("key=STAGES.index", "key=str")),
    *of("mmaction2/engine/checks/nonfinite_step.py", CHECK,
        ('if "loss" in name]', "]"),
        ("[videos[row] for row in rows] or videos", "videos"),
        ('"input", "weights", "features"', '"input", "features", "weights"'),
        ("return value.detach().cpu()", "return value.detach().cpu().sum()")),
    *of("mmaction2/evaluation/retrieval_metric.py", METRICS, ("features = centred(features)", "pass")),
    *of("augment/kernels/reference.py", f"{FINITE} -k 'pass or pixel or blur'",
        ("1 / chroma.clamp(min=SMALLEST_CHROMA)", "1 / torch.where(chroma == 0, 1.0, chroma)"),
        ("SMALLEST_CHROMA = torch.finfo(torch.float32).tiny", "SMALLEST_CHROMA = 1e-45"),
        ("SMALLEST_CHROMA = torch.finfo(torch.float32).tiny", "SMALLEST_CHROMA = 0.01"),
        ("SMALLEST_SIGMA = 1e-6", "SMALLEST_SIGMA = 0.0"),
        ("SMALLEST_SIGMA = 1e-6", "SMALLEST_SIGMA = 1e-30"),
        ("SMALLEST_SIGMA = 1e-6", "SMALLEST_SIGMA = 0.3")),
    *of("augment/kernels/pixels_triton.py", f"{FINITE} -k 'triton or blur or clamped or on_black'",
        ("1 / tl.maximum(chroma, SMALLEST_CHROMA)", "1 / tl.where(chroma == 0, 1.0, chroma)"),
        ("sigma = tl.maximum(sigma, SMALLEST_SIGMA)", "sigma = sigma"),
        ("slot == 0 and not BYTES", "False")),
    *of("augment/kernels/__init__.py", ERRORS, ("1e-6 <= value < inf", "0 < value < inf")),
    *of("objectives/embeddings.py", f"{FINITE} -k 'objective or cosine or gradient or scaling'",
        ("return z / (largest / (2 * torch.frexp(largest).mantissa))", "return z"),
        ("return z / (largest / (2 * torch.frexp(largest).mantissa))", "return z / largest")),
    *of("objectives/simclr.py", f"{FINITE} -k 'objective or cosine or gradient or scaling'",
        ("F.normalize(scaled(z1, 1), dim=1)", "F.normalize(z1, dim=1)"),
        ("F.normalize(scaled(z2, 1), dim=1)", "F.normalize(z2, dim=1)")),
    *of("objectives/byol.py", f"{FINITE} -k 'objective or cosine or gradient or scaling'",
        ("scaled(prediction, 1)", "prediction"),
        ("scaled(target.detach(), 1)", "target.detach()")),
    *of("objectives/simclr.py", ERRORS, ("temperature >= torch.finfo(z1.dtype).tiny", "temperature > 0")),
    *of("objectives/vicreg.py", ERRORS, ("eps >= torch.finfo(z.dtype).tiny", "eps > 0")),
    *of("evaluation/retrieval.py", f"{FINITE} -k 'neighbours or gallery'",
        ("F.normalize(scaled(gallery, 1, smallest), dim=1)", "F.normalize(gallery, dim=1)"),
        ("F.normalize(scaled(query, 1, smallest), dim=1)", "F.normalize(query, dim=1)"),
        ("scaled(both.flatten(), 0, smallest).view_as(both)", "both")),
    *of("evaluation/retrieval.py", ERRORS, ("if len(hits) == 0:", "if False:")),
    *of("evaluation/clustering/scores.py", f"{FINITE} -k 'silhouette or tsne'",
        ("if extent == 0:", "if extent < 0:"),
        ("if not 1e-10 < extent < 1e10:", "if False:")),
    *of("analysis/saliency.py", ERRORS, ("if not values.isfinite().all():", "if False:")),
    *of("analysis/saliency.py", f"{FINITE} -k saliency", ("torch.where(high > low, ", "torch.where(high >= low, ")),
    *of("analysis/attention.py", f"{FINITE} -k attention",
        ("torch.where(total == 0, chance, on_mask / total)", "on_mask / total")),
    *of("analysis/derivative_strip.py", f"{FINITE} -k strip",
        ("derivative.abs().max().clamp(min=1e-6)", "derivative.abs().max()")),
    *of("mmaction2/datasets/samplers.py", PIPELINES,
        ("index.epoch, index.sample, view)", "index.epoch, index.sample)"),
        ("index.epoch, index.sample, view)", "0, index.sample, view)")),
]


def path_of(mutant):
    return Path("vididi_transforms", mutant.file)


def check_texts():
    for mutant in MUTANTS:
        if (found := (ROOT / path_of(mutant)).read_text().count(mutant.text)) != 1:
            raise SystemExit(f"a mutant's text must be in its file once: {mutant.file} has {found} of {mutant.text!r}")
    if found := undefined_names():
        raise SystemExit(f"a mutant must not use undefined names:\n{found}")


def undefined_names():
    """What ruff finds in the broken files; the empty text if all is well."""
    with TemporaryDirectory() as folder:
        for number, mutant in enumerate(MUTANTS):
            Path(folder, f"{number}_{Path(mutant.file).name}").write_text(broken(mutant, ROOT))
        command = f"{sys.executable} -m ruff check --isolated --select F821 --output-format concise ."
        done = subprocess.run(shlex.split(command), cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def broken(mutant, folder):
    return (folder / path_of(mutant)).read_text().replace(mutant.text, mutant.broken)


def noticed_by(tests, mutant=None):
    """The first test that fails on a copy of the project; none is the empty text."""
    with TemporaryDirectory() as folder:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder, name))
        if mutant is not None:
            (folder / path_of(mutant)).write_text(broken(mutant, Path(folder)))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *shlex.split(tests)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": folder, "OMP_NUM_THREADS": "1"})
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{mutant or tests}: pytest ended with {done.returncode}\n{done.stdout}{done.stderr}")
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(\[| - |$)", done.stdout, re.MULTILINE)
    return failed[1] if failed else ""


def all_noticed(pool):
    """For each mutant, in order, the test that noticed it."""
    jobs = {pool.submit(noticed_by, mutant.tests, mutant): number for number, mutant in enumerate(MUTANTS)}
    noticed = [""] * len(MUTANTS)
    for done, job in enumerate(as_completed(jobs), start=1):
        number = jobs[job]
        noticed[number] = job.result()
        print(f"{done} of {len(MUTANTS)}: {MUTANTS[number].file}: {MUTANTS[number].broken}: "
              f"{noticed[number] or 'SURVIVED'}", flush=True)
    return noticed


def code(text):
    return f"`{' '.join(text.split())}`".replace("|", "\\|") if text else "(left out)"


def table(noticed):
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    number = f"{sum(map(bool, noticed))} of {len(MUTANTS)}"
    lines = ["# Mutants", "",
             "Formulas broken one at a time in a copy of the project; the last column is the first test that failed.",
             f"With nothing broken all of these tests passed. {number} were noticed.", "",
             f"`python tests/mutants.py` on {date.today().isoformat()}, {os.cpu_count()} x {platform.machine()}, "
             f"Python {platform.python_version()},", f"{versions}.", "",
             "| file | code | broken | noticed by |", "|---|---|---|---|"]
    lines += [f"| `{mutant.file}` | {code(mutant.text)} | {code(mutant.broken)} | {name or '**nothing**'} |"
              for mutant, name in zip(MUTANTS, noticed, strict=True)]
    return "\n".join(lines) + "\n"


def main():
    os.nice(10)
    check_texts()
    with ThreadPoolExecutor(2) as pool:
        suites = sorted({mutant.tests for mutant in MUTANTS})
        for tests, failed in zip(suites, pool.map(noticed_by, suites), strict=True):
            if failed:
                raise SystemExit(f"{failed} fails with nothing broken ({tests})")
        noticed = all_noticed(pool)
    (ROOT / "docs/mutants.md").write_text(table(noticed))
    return 0 if all(noticed) else 1


if __name__ == "__main__":
    sys.exit(main())
