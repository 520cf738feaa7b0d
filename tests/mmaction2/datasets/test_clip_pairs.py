"""Sampling, reading, augmentation per clip, reproducible random numbers; the reference is torchvision."""
import pickle
import random

import cv2
import numpy as np
import pytest
import torch
from bad_videos import KINDS, write_kinds
from mmaction.registry import DATA_SAMPLERS, DATASETS, TRANSFORMS
from mmengine.dataset import ConcatDataset, DefaultSampler, RepeatDataset
from torch.utils.data import DataLoader
from torchvision.transforms.v2 import functional as F
from video_files import number_of

from vididi_transforms.data.readers import Miscounted
from vididi_transforms.data.readers.pyav import PyAVVideo
from vididi_transforms.data.readers.reader import READERS
from vididi_transforms.mmaction2 import KeyedSampler, VideoReadError
from vididi_transforms.mmaction2.datasets import readers
from vididi_transforms.mmaction2.datasets.readers import FileReader, TransformReader, build_reader
from vididi_transforms.mmaction2.datasets.samplers import KeyedIndex, seed_by_sample


def build(**cfg):
    return TRANSFORMS.build(cfg)


def video(total_frames=60, **keys):
    return dict(total_frames=total_frames, start_index=0, **keys)


def starts(mode, total_frames, samples=400, epoch=0):
    transform = build(type="SampleClipPair", clip_len=8, frame_interval=3, mode=mode)
    return np.array([transform(video(total_frames, sample_idx=KeyedIndex(i, seed=0, epoch=epoch)))["frame_inds"][[0, 8]]
                     for i in range(samples)])


class TestSampleClipPair:
    def test_frames_are_equally_spaced_and_within_the_video(self):
        for mode in ("independent", "consecutive", "halves"):
            results = build(type="SampleClipPair", clip_len=8, frame_interval=3, mode=mode)(video(60))
            assert results["frame_inds"].shape == (16,)
            clips = results["frame_inds"].reshape(2, 8)
            assert (np.diff(clips, axis=1) == 3).all()
            assert clips.min() >= 0
            assert clips.max() < 60
            assert (results["num_clips"], results["clip_len"], results["frame_interval"]) == (2, 8, 3)

    def test_independent_starts_cover_the_video_without_order(self):
        first, second = starts("independent", 60).T
        assert {*first} == {*second} == set(range(60 - 24 + 1))
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.2
        assert 0.4 < (first < second).mean() < 0.6

    def test_consecutive(self):
        first, second = starts("consecutive", 60).T
        assert (second - first == 24).all()
        assert {*first} == set(range(60 - 48 + 1))

    def test_consecutive_clips_of_a_short_video_stay_in_it(self):
        first, second = starts("consecutive", 30).T
        assert set(first) == {0}
        assert set(second) == {6}

    def test_starts_differ_between_epochs(self):
        for mode in ("independent", "consecutive", "halves"):
            assert (starts(mode, 60) != starts(mode, 60, epoch=1)).any(1).mean() > 0.8

    def test_halves(self):
        first, second = starts("halves", 60).T
        assert first.max() < second.min() + 1

    @pytest.mark.parametrize("mode", ["independent", "consecutive", "halves"])
    @pytest.mark.parametrize("total_frames", [1, 5, 23, 24, 30, 47])
    def test_short_videos_repeat_the_last_frame(self, mode, total_frames):
        results = build(type="SampleClipPair", clip_len=8, frame_interval=3, mode=mode)(video(total_frames))
        clips = results["frame_inds"].reshape(2, 8)
        assert clips.min() >= 0
        assert clips.max() < total_frames
        steps = np.diff(clips, axis=1)
        assert set(steps.ravel()) <= {0, 3}
        assert (np.diff(steps, axis=1) <= 0).all()  # the last frame is repeated to the end


def clip_results(frames=4, clips=2, seed=0, **keys):
    rng = np.random.default_rng(seed)
    imgs = [rng.integers(0, 256, (20, 24, 3), dtype=np.uint8) for _ in range(frames * clips)]
    return dict(imgs=imgs, num_clips=clips, clip_len=frames, img_shape=(20, 24), modality="RGB", **keys)


class TestPerClip:
    CROP = (dict(type="RandomResizedCrop", area_range=(0.3, 0.6)),
            dict(type="Resize", scale=(16, 16), keep_ratio=False))

    @pytest.mark.parametrize("keys", [{}, dict(sample_idx=KeyedIndex(3, 0, 1))])
    def test_frames_of_a_clip_share_parameters_and_clips_do_not(self, keys):
        results = clip_results(**keys)
        results["imgs"] = [results["imgs"][0]] * 8
        out = build(type="PerClip", transforms=list(self.CROP))(results)
        assert out["num_clips"] == 2
        clips = np.stack(out["imgs"]).reshape(2, 4, 16, 16, 3)
        assert all((clip == clip[0]).all() for clip in clips)
        assert not (clips[0] == clips[1]).all()

    def test_without_transforms_it_changes_nothing(self):
        results = clip_results()
        assert all((a == b).all() for a, b in zip(build(type="PerClip", transforms=[])(results)["imgs"],
                                                  results["imgs"], strict=True))

    def test_random_parameters_depend_on_the_key_and_global_generators_are_restored(self):
        def augment(sample, epoch):
            results = clip_results(sample_idx=KeyedIndex(sample, 0, epoch))
            return np.stack(build(type="PerClip", transforms=[*self.CROP, dict(type="ClipColorJitter", p=1)])(
                results)["imgs"])

        states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
        first = augment(3, 1)
        np.random.rand(5)
        torch.rand(5)
        assert (augment(3, 1) == first).all()
        assert not (augment(3, 2) == first).all()
        assert not (augment(4, 1) == first).all()
        np.random.set_state(("MT19937", states[1], 624, 0, 0.0))
        torch.set_rng_state(states[2])
        augment(3, 1)
        assert random.getstate() == states[0]
        assert (np.random.get_state()[1] == states[1]).all()
        assert torch.equal(torch.get_rng_state(), states[2])


def frames_of(results):
    return torch.from_numpy(np.stack(results["imgs"])).permute(0, 3, 1, 2)


def fixed(transform, **draw):
    """The transform with fixed parameters in place of torchvision's random ones."""
    transform.module.make_params = lambda flat_inputs: draw
    return transform


class TestClipTransforms:
    @pytest.mark.parametrize(("operation", "draw"), [
        (0, dict(brightness_factor=0.8)), (2, dict(saturation_factor=1.2)), (3, dict(hue_factor=-0.05)),
    ])
    def test_jitter_per_pixel_is_torchvisions_frame_by_frame(self, operation, draw):
        names = ("brightness", "contrast", "saturation", "hue")
        parameters = {f"{name}_factor": None for name in names} | draw | dict(fn_idx=torch.tensor([operation]))
        results = clip_results(clips=1)
        expected = torch.stack([getattr(F, f"adjust_{names[operation]}")(frame, *draw.values())
                                for frame in frames_of(results)])
        assert torch.equal(frames_of(fixed(build(type="ClipColorJitter", p=1), **parameters)(results)), expected)

    def test_contrast_is_relative_to_the_mean_of_the_clip(self):
        dark, bright = np.full((4, 4, 3), 50, np.uint8), np.full((4, 4, 3), 150, np.uint8)
        parameters = dict(brightness_factor=None, contrast_factor=0.5, saturation_factor=None, hue_factor=None,
                          fn_idx=torch.tensor([1]))
        out = fixed(build(type="ClipColorJitter", p=1), **parameters)(dict(imgs=[dark, bright]))["imgs"]
        # Towards the clip's mean of 100; torchvision's luminance of 100 is 99.99, truncated to 99.
        assert [int(frame[0, 0, 0]) for frame in out] == [74, 124]

    def test_gray_is_torchvisions(self):
        results = clip_results(clips=1)
        expected = F.rgb_to_grayscale(frames_of(results), num_output_channels=3)
        assert torch.equal(frames_of(build(type="ClipGrayscale", p=1)(results)), expected)

    def test_blur_has_one_sigma_for_the_clip(self):
        results = clip_results(clips=1)
        expected = F.gaussian_blur(frames_of(results), [3, 3], [1.5, 1.5])
        transform = fixed(build(type="ClipGaussianBlur", p=1), sigma=[1.5, 1.5])
        assert torch.equal(frames_of(transform(results)), expected)

    @pytest.mark.parametrize("name", ["ClipColorJitter", "ClipGrayscale", "ClipGaussianBlur"])
    def test_a_still_clip_stays_still(self, name):
        results = clip_results(clips=1)
        results["imgs"] = [results["imgs"][0]] * 4
        out = build(type=name, p=1)(results)["imgs"]
        assert all((frame == out[0]).all() for frame in out)
        assert out[0].dtype == np.uint8

    @pytest.mark.parametrize("name", ["ClipColorJitter", "ClipGrayscale", "ClipGaussianBlur"])
    def test_probability(self, name):
        results = clip_results(clips=1)
        before = np.stack(results["imgs"])
        assert (np.stack(build(type=name, p=0)(results)["imgs"]) == before).all()
        transform = build(type=name, p=0.5)
        torch.manual_seed(0)
        changed = [not (np.stack(transform(clip_results(clips=1))["imgs"]) == before).all() for _ in range(200)]
        assert 0.35 < np.mean(changed) < 0.65
        with pytest.raises(ValueError, match="p must be a probability"):
            build(type=name, p=2)


class TestKeys:
    def test_a_key_survives_the_worker_queue_and_dataset_wrappers(self):
        index = pickle.loads(pickle.dumps(KeyedIndex(30, seed=5, epoch=2)))
        for inner in (index - 10, index % 20):
            assert (inner.seed, inner.epoch, inner.sample) == (5, 2, 30)
        assert (index, index - 10, index % 20) == (30, 20, 10)

    def test_sampler_has_the_order_of_the_stock_sampler(self):
        keyed = DATA_SAMPLERS.build(dict(type="KeyedSampler", dataset=range(20), seed=3))
        stock = DefaultSampler(range(20), seed=3)
        assert isinstance(keyed, KeyedSampler)
        for epoch in (0, 1):
            keyed.set_epoch(epoch)
            stock.set_epoch(epoch)
            indices = list(keyed)
            assert indices == list(stock)
            assert {(index.seed, index.epoch) for index in indices} == {(3, epoch)}

    def test_samples_without_a_key_use_the_global_generators(self):
        np.random.seed(0)
        expected = np.random.rand()
        np.random.seed(0)
        with seed_by_sample(dict(sample_idx=3), "test"):
            assert np.random.rand() == expected


def load(dataset, workers, epoch):
    sampler = KeyedSampler(dataset, shuffle=True, seed=1)
    sampler.set_epoch(epoch)
    loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers, collate_fn=list)
    return [sample["inputs"] for batch in loader for sample in batch]


@pytest.mark.parametrize("wrap", [DATASETS.build, lambda d: ConcatDataset([d, d]), lambda d: RepeatDataset(d, 2)],
                         ids=["plain", "concat", "repeat"])
def test_samples_do_not_depend_on_workers_but_on_epochs(tiny, wrap):
    dataset = wrap(tiny.train_dataloader.dataset)
    runs = [load(dataset, workers, 0) for workers in (0, 1, 2)]
    for run in runs[1:]:
        assert all(torch.equal(a, b) for a, b in zip(runs[0], run, strict=True))
    keys = [KeyedIndex(5, seed=1, epoch=epoch) for epoch in (0, 1)]
    assert not torch.equal(*(dataset[key]["inputs"] for key in keys))
    assert runs[0][0].shape == (2, 3, 8, 32, 32)
    assert runs[0][0].dtype == torch.uint8


class TestReadVideo:
    def read(self, path):
        return build(type="ReadVideo", sample=SAMPLE_CLIP_PAIR)(dict(filename=str(path), start_index=0))

    def test_missing_file(self, tmp_path):
        with pytest.raises(VideoReadError, match=rf"cannot read video '{tmp_path}/no.mp4': FileNotFoundError"):
            self.read(tmp_path / "no.mp4")

    @pytest.mark.parametrize("content", [b"", b"this is text", b"\0" * 5000])
    def test_broken_file(self, tmp_path, content):
        (tmp_path / "bad.mp4").write_bytes(content)
        with pytest.raises(VideoReadError, match=rf"cannot read video '{tmp_path}/bad.mp4': \w+: "):
            self.read(tmp_path / "bad.mp4")

    def test_a_fault_of_the_config_is_not_reported_as_one_of_the_video(self, motion):
        path = next((motion / "train").glob("*.mp4"))
        with pytest.raises(KeyError, match="total_frames"):
            build(type="ReadVideo", sample=SAMPLE_CLIP_PAIR, reader=dict(init=None, decode=dict(type="DecordDecode")))(
                dict(filename=str(path)))

    @pytest.mark.parametrize("reader", READERS)
    def test_good_file(self, motion, reader):
        results = read_kind(next((motion / "train").glob("*.mp4")), reader)
        assert len(results["imgs"]) == 16
        assert results["total_frames"] == 26
        assert results["img_shape"] == results["original_shape"] == (32, 32)

    @pytest.mark.parametrize("reader", READERS)
    @pytest.mark.parametrize("stock", ["PyAV", "OpenCV"])
    def test_frames_of_a_plain_file_are_those_of_the_stock_transforms(self, motion, reader, stock):
        path = next((motion / "train").glob("*.mp4"))
        np.random.seed(0)
        results = dict(filename=str(path), start_index=0)
        for transform in (dict(type=f"{stock}Init"), SAMPLE_FRAMES, dict(type=f"{stock}Decode")):
            results = build(**transform)(results)
        np.random.seed(0)
        ours = read_kind(path, reader)
        assert (ours["frame_inds"] == results["frame_inds"]).all()
        assert all((a == b).all() for a, b in zip(ours["imgs"], results["imgs"], strict=True))

    def test_frames_in_a_folder_need_no_opening(self, tmp_path):
        images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
        for number, image in enumerate(images, start=1):
            cv2.imwrite(str(tmp_path / f"img_{number:05}.png"), image)
        results = build(type="ReadVideo", sample=SAMPLE_CLIP_PAIR, reader=dict(
            init=None, decode=dict(type="RawFrameDecode", decoding_backend="cv2")))(
            dict(frame_dir=str(tmp_path), filename_tmpl="img_{:05}.png", total_frames=20, start_index=1,
                 modality="RGB"))
        assert all((a == images[number - 1][..., ::-1]).all()
                   for a, number in zip(results["imgs"], results["frame_inds"], strict=True))

    @pytest.mark.parametrize("test_mode", [False, True])
    @pytest.mark.parametrize("kind", ["plain", "edit-list", "avi-gap", "avi-cut", "two-videos", "ten-bit", "turned"])
    def test_the_same_seed_gives_the_same_frames_with_every_reader(self, tmp_path, kind, test_mode):
        """Also where a video turns out to be shorter, and is sampled twice: as if its length had been known."""
        path = write_kinds(tmp_path, [kind])[kind]
        found, frames = [], len(KINDS[kind].numbers)
        sampling = dict(clip_len=2, test_mode=test_mode)
        np.random.seed(5)
        expected = build(**SAMPLE_FRAMES | sampling)(dict(total_frames=frames, start_index=0, avg_fps=25))
        for reader in READERS:
            np.random.seed(5)
            found.append(read_kind(path, reader, **sampling))
        assert [results["total_frames"] for results in found] == [frames] * len(READERS)
        assert all((results["frame_inds"] == expected["frame_inds"]).all() for results in found)
        assert len({np.stack(results["imgs"]).tobytes() for results in found}) == 1

    def test_giving_way_is_a_line_in_the_log(self, tmp_path, monkeypatch):
        lines = []
        monkeypatch.setattr(readers, "print_log", lambda line, **settings: lines.append((line, settings)))
        path = write_kinds(tmp_path, ["edit-list"])["edit-list"]
        read_kind(path, "opencv")
        assert lines == [(f"{path} is read with pyav, because of ValueError: the header promises 40 frames: got 30",
                          dict(logger="current"))]

    def test_the_length_must_be_known(self, tmp_path):
        path = write_kinds(tmp_path, ["mkv"])["mkv"]
        with pytest.raises(VideoReadError, match=r"ValueError: the header must give the number of frames: got "
                                                 r"total_frames=0$"):
            read_kind(path, dict(init=dict(type="PyAVInit"), decode=dict(type="PyAVDecode")))

    @pytest.mark.parametrize("reader", ["pyav", dict(init=dict(type="PyAVInit"), decode=dict(type="PyAVDecode"))])
    def test_several_sizes_are_an_error(self, tmp_path, reader):
        path = write_kinds(tmp_path, ["two-sizes"])["two-sizes"]
        with pytest.raises(VideoReadError, match=rf"^cannot read video '{path}': ValueError: the frames of a video "
                                                 "must have one size: got 64 x 64, 96 x 80$"):
            read_kind(path, reader, test_mode=True)

    @pytest.mark.parametrize("mode", ["accurate", "efficient"])
    @pytest.mark.parametrize("kind", ["one-frame", "short", "plain"])
    def test_pyav_to_the_last_frame(self, tmp_path, kind, mode):
        reader = dict(init=dict(type="PyAVInit"), decode=dict(type="PyAVDecode", mode=mode))
        results = read_kind(write_kinds(tmp_path, [kind])[kind], reader, test_mode=True)
        assert len(results["imgs"]) == 16
        if mode == "accurate":
            assert [number_of(image) for image in results["imgs"]] == results["frame_inds"].tolist()

    @pytest.mark.parametrize(("returned", "error"), [
        (lambda results: None, "GiveBack returned nothing"),
        (lambda results: {**results, "frame_inds": np.arange(3), "imgs": [np.zeros((4, 6, 3))] * 2},
         "3 frames were requested: got 2"),
        (lambda results: {**results, "frame_inds": np.arange(2), "imgs": [np.zeros((4, 6, 3)), None]},
         "2 frames were requested: got 1"),
        (lambda results: {**results, "frame_inds": np.arange(2), "imgs": []}, "2 frames were requested: got 0"),
    ])
    def test_readers_that_return_too_few_frames(self, returned, error):
        @TRANSFORMS.register_module(name="GiveBack", force=True)
        class GiveBack:
            def __call__(self, results):
                return returned(results)

        with pytest.raises(VideoReadError, match=f"^cannot read video 'a.mp4': ValueError: {error}$"):
            build(type="ReadVideo", sample=dict(type="SetRetrievalSplit", split="query"),
                  reader=dict(init=None, decode=dict(type="GiveBack")))(dict(filename="a.mp4"))

    def test_sampling_again_uses_the_same_random_numbers(self, tmp_path, monkeypatch):
        path, frames, failed = write_kinds(tmp_path, ["plain"])["plain"], PyAVVideo.frames, []

        def fails_once(video, indices):
            if not failed:
                failed.append(video)
                raise Miscounted
            return frames(video, indices)

        np.random.seed(0)
        before = read_kind(path, "pyav")["frame_inds"]
        monkeypatch.setattr(PyAVVideo, "frames", fails_once)
        np.random.seed(0)
        assert (read_kind(path, "pyav")["frame_inds"] == before).all()
        assert failed

    def test_videos_in_memory(self, tmp_path):
        path = write_kinds(tmp_path, ["plain"])["plain"]
        read = build(type="ReadVideo", sample=SAMPLE_FRAMES | dict(test_mode=True), memory=1)
        before, after = (read(dict(filename=str(path), start_index=0)) for _ in range(2))
        path.write_bytes(path.read_bytes()[:100])
        assert [number_of(image) for image in read(dict(filename=str(path), start_index=0))["imgs"]] == [
            number_of(image) for image in after["imgs"]] == before["frame_inds"].tolist()
        with pytest.raises(ValueError, match="only readers by name keep videos in memory: got memory=1 and reader="):
            build_reader(dict(init=None, decode=dict(type="DecordDecode")), memory=1)

    def test_a_reader_is_a_name_or_two_transforms(self):
        assert {type(build_reader(name)) for name in READERS} == {FileReader}
        decord = dict(init=dict(type="DecordInit"), decode=dict(type="DecordDecode"))
        assert type(build_reader(decord)) is TransformReader


SAMPLE_CLIP_PAIR = dict(type="SampleClipPair", clip_len=8)
SAMPLE_FRAMES = dict(type="SampleFrames", clip_len=8, frame_interval=4, num_clips=2)


def read_kind(path, reader, **sampling):
    """Two clips of 8 frames."""
    return build(type="ReadVideo", sample=SAMPLE_FRAMES | sampling, reader=reader)(
        dict(filename=str(path), start_index=0))


def test_retrieval_split_is_gallery_or_query():
    assert build(type="SetRetrievalSplit", split="query")(dict(a=1)) == dict(a=1, split="query")
    with pytest.raises(ValueError, match="split must be 'gallery' or 'query': got 'train'"):
        build(type="SetRetrievalSplit", split="train")
