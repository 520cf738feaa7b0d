"""Configs: the paper's settings, names, and ViDiDi variants that differ from their baseline in two lines only."""
import re
from pathlib import Path

import pytest
import torch
import yaml
from mmaction.registry import DATASETS, HOOKS, MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.runner import Runner
from page_commands import blocks
from paths import ROOT
from small_encoders import shrink_model

import vididi_transforms as vt
from vididi_transforms.data.readers.reader import READERS

CONFIGS = ROOT / "mmaction_configs"
UCF101 = CONFIGS / "pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py"
VIDIDI = sorted(path for folder in ("pretrain", "demo") for path in (CONFIGS / folder).glob("vididi-*8x3x2*.py"))
ON_UCF101 = sorted((CONFIGS / "pretrain").glob("*_ucf101-*.py"))
OTHERS = sorted({*(CONFIGS / "pretrain").glob("*.py")} - {*ON_UCF101})
ALL = sorted(path for path in CONFIGS.rglob("*.py") if "_base_" not in path.parts)


@pytest.mark.parametrize("path", VIDIDI, ids=lambda path: path.stem)
def test_vididi_variants_differ_from_their_baseline_in_two_lines(path):
    vididi, baseline = Config.fromfile(path), Config.fromfile(path.with_name(path.name.removeprefix("vididi-")))
    assert vididi.pop("custom_hooks") == [dict(type="ViDiDiHook")]
    assert vididi.to_dict() == baseline.to_dict()
    statements = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert [line.split(" = ")[0] for line in statements] == ["_base_", "custom_imports", "custom_hooks"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_paths_in_configs_are_relative_and_short(path):
    text = path.read_text()
    assert not any(line.startswith(("import", "from")) for line in text.splitlines())
    assert len(text.splitlines()) <= 40
    for base in Config._get_base_files(str(path)):
        assert not Path(base).is_absolute()


def test_ucf101_recipe_is_the_papers():
    cfg = Config.fromfile(UCF101)
    assert cfg.train_cfg.max_epochs == 400
    assert cfg.train_dataloader.batch_size == 64
    assert cfg.train_dataloader.drop_last
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == ("LARS", 1.2, 1e-6)
    assert [s.type for s in cfg.param_scheduler] == ["CosineAnnealingLR"]
    sample, per_clip = cfg.train_pipeline[0].sample, cfg.train_pipeline[1].transforms
    assert (sample.clip_len, sample.frame_interval) == (8, 3)
    assert [t.type for t in per_clip] == ["Resize", "RandomResizedCrop", "Resize", "Flip"]
    assert per_clip[0].scale == (-1, 150)
    assert per_clip[1].area_range == (0.08, 1.0)
    assert cfg.model.data_preprocessor.augment == dict(
        p_blur=0.5, kernel_size=3, sigma=(0.1, 2.0), p_jitter=0.8, brightness=0.2, contrast=0.2, saturation=0.2,
        hue=0.05, p_gray=0.5)
    scaled = torch.tensor([cfg.model.data_preprocessor.mean, cfg.model.data_preprocessor.std]) / 255
    torch.testing.assert_close(scaled, torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]))


def test_ucf101_model_is_r3d_18_with_the_papers_head():
    from torchvision.models.video import r3d_18
    model = MODELS.build(Config.fromfile(UCF101).model)
    ours = {tuple(p.shape) for p in model.backbone.parameters()}
    theirs = {name: p for name, p in r3d_18().named_parameters() if not name.startswith("fc")}
    assert ours == {tuple(p.shape) for p in theirs.values()}
    assert sum(p.numel() for p in model.backbone.parameters()) == sum(p.numel() for p in theirs.values())
    widths = [(layer.in_features, layer.out_features) for layer in model.cls_head.projector if hasattr(layer, "bias")
              and hasattr(layer, "in_features")]
    assert widths == [(512, 2048), (2048, 2048), (2048, 2048)]


def test_ucf101_pipeline_on_a_real_file(motion):
    cfg = Config.fromfile(UCF101).train_dataloader.dataset
    cfg.update(ann_file=f"{motion}/train.txt", data_prefix=dict(video=str(motion)))
    sample = DATASETS.build(cfg)[0]
    assert sample["inputs"].shape == (2, 3, 8, 112, 112)
    assert sample["inputs"].dtype == torch.uint8


def shrink(cfg, motion):
    """Make a pretraining config small enough for two steps on motion videos."""
    shrink_model(cfg.model)
    cfg.train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.update(ann_file=f"{motion}/train.txt", data_prefix=dict(video=str(motion)))
    for transform in cfg.train_dataloader.dataset.pipeline[1].transforms:
        if transform.get("scale") == (112, 112):
            transform.scale = (32, 32)
    cfg.train_cfg = dict(type="IterBasedTrainLoop", max_iters=2)
    cfg.param_scheduler = None
    cfg.default_hooks.pop("checkpoint")
    return cfg


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_on_other_datasets_only_videos_batches_and_learning_rate_differ(path):
    """So that two steps on one dataset are enough."""
    name = re.sub(r"\d+xb\d+(-.*_).*-rgb", r"1xb64\1ucf101-rgb", path.name)
    ours, ucf101 = (dict(settings(Config.fromfile(file).to_dict())) for file in (path, path.with_name(name)))
    videos = {f"train_dataloader.dataset.{key}" for key in ("ann_file", "data_prefix.video")}
    batches = {"train_dataloader.batch_size", "auto_scale_lr.base_batch_size", "optim_wrapper.optimizer.lr", "sync_bn"}
    differing = {key for key in {**ours, **ucf101} if ours.get(key) != ucf101.get(key)}
    assert differing == videos | (batches if "8xb32" in path.name else set())


def settings(config, name=""):
    """The names and values in a config."""
    if not isinstance(config, dict | list | tuple):
        yield name, config
        return
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield from settings(value, f"{name}.{key}".removeprefix("."))


@pytest.mark.slow
@pytest.mark.parametrize("path", ON_UCF101, ids=lambda path: path.stem)
def test_two_steps_of_every_encoder_and_objective(path, motion, tmp_path):
    cfg = shrink(Config.fromfile(path), motion)
    cfg.update(work_dir=str(tmp_path), experiment_name=str(tmp_path), log_level="WARNING", sync_bn=None,
               randomness=dict(seed=0))
    runner = Runner.from_cfg(cfg)
    gradients = {}
    for name, parameter in runner.model.named_parameters():
        if parameter.requires_grad:
            gradients[name] = 0.0
            parameter.register_hook(lambda grad, name=name: gradients.update({name: float(grad.abs().sum())}))
    runner.train()
    losses = {key: buffer.data[0] for key, buffer in runner.message_hub.log_scalars.items() if "loss" in key}
    assert losses
    assert all(torch.isfinite(torch.tensor(history)).all() and len(history) == 2 for history in losses.values())
    assert [name for name, size in gradients.items() if not size > 0] == []


@pytest.mark.parametrize("path", [path for path in ALL if path.parent.name in ("retrieval", "recognition")],
                         ids=lambda path: path.stem)
def test_models_of_the_other_configs_build(path):
    cfg = Config.fromfile(path)
    model = MODELS.build(cfg.model)
    assert model.backbone is not None
    for dataset in cfg.test_dataloader.dataset.get("datasets", [cfg.test_dataloader.dataset]):
        assert dataset.ann_file.startswith("data/")
        assert dataset.data_prefix.video.startswith("data/")
        for transform in dataset.pipeline:
            TRANSFORMS.build(transform)


@pytest.mark.parametrize("data", ["ucf101", "hmdb51"])
def test_retrieval_protocols_differ_where_they_say(data):
    paper, authors, centred = (Config.fromfile(CONFIGS / f"retrieval/r3d18_16x4x10-{name}_{data}-rgb.py")
                               for name in ("paper", "authors", "centred"))
    assert [cfg.test_evaluator[0].protocol for cfg in (paper, authors, centred)] == ["paper", "authors", "centred"]
    assert paper.test_dataloader == centred.test_dataloader
    for ours, theirs in zip(paper.test_dataloader.dataset.datasets, authors.test_dataloader.dataset.datasets,
                            strict=True):
        assert [t.type for t in ours.pipeline] == [t.type for t in theirs.pipeline]
        assert theirs.pipeline[2].transforms[0].type == "RandomResizedCrop"
        ours.pop("pipeline")
        theirs.pop("pipeline")
        assert ours == theirs


def test_names_follow_the_convention():
    """{algorithm}_{model}_{gpus}xb{batch}-{frames}x{interval}x{clips}-{epochs}e_{data}-rgb, as in MMAction2."""
    pattern = re.compile(r"([a-z0-9-]+_)?[a-z0-9-]+_(\d+xb\d+-)?(\d+)x(\d+)x(\d+)(-\d+e|-[a-z]+)_[a-z0-9-]+-rgb")
    assert [path.stem for path in ALL if not pattern.fullmatch(path.stem)] == []
    for path in CONFIGS.glob("pretrain/*.py"):
        batch, length, interval, epochs = map(int, re.search(r"xb(\d+)-(\d+)x(\d+)x2-(\d+)e", path.stem).groups())
        cfg = Config.fromfile(path)
        sample = cfg.train_dataloader.dataset.pipeline[0].sample
        assert (cfg.train_dataloader.batch_size, sample.clip_len, sample.frame_interval, cfg.train_cfg.max_epochs) == (
            batch, length, interval, epochs)


def test_the_learning_rate_belongs_to_the_batch_of_the_name():
    """So that ``--auto-scale-lr`` works with every training."""
    for path in ALL:
        cfg = Config.fromfile(path)
        if "train_cfg" in cfg:
            gpus, batch = map(int, re.search(r"(\d+)xb(\d+)-", path.stem).groups())
            assert (cfg.auto_scale_lr.base_batch_size, cfg.train_dataloader.batch_size) == (gpus * batch, batch), path


@pytest.mark.parametrize("reader", [None, *READERS])
def test_one_variable_chooses_the_reader_of_all_loaders(reader, monkeypatch):
    monkeypatch.delenv("VIDIDI_READER", raising=False)
    if reader:
        monkeypatch.setenv("VIDIDI_READER", reader)
    for path in (UCF101, *CONFIGS.glob("demo/*.py"), *CONFIGS.glob("re*/*r3d18_*ucf101-rgb.py")):
        found = readers(Config.fromfile(path).to_dict())
        assert found, path
        assert set(found) == {reader or "pyav"}, path


def test_one_option_chooses_the_reader_of_a_loader():
    cfg = Config.fromfile(UCF101)
    cfg.merge_from_dict({"train_dataloader.dataset.pipeline.0.reader": "opencv"})
    reader = TRANSFORMS.build(cfg.train_dataloader.dataset.pipeline[0]).reader
    assert reader._reader.names == ["opencv", "pyav"]


def readers(config):
    """The readers of all ReadVideo transforms in a config."""
    if isinstance(config, dict):
        own = [config["reader"]] if config.get("type") == "ReadVideo" else []
        return own + [reader for value in config.values() for reader in readers(value)]
    return [reader for item in config for reader in readers(item)] if isinstance(config, list | tuple) else []


def test_no_two_configs_have_the_same_name():
    """``mim train vididi_transforms NAME.py`` searches all folders."""
    names = [path.name for path in CONFIGS.glob("*/*.py") if path.parent.name != "_base_"]
    assert sorted(set(names)) == sorted(names)


def test_the_readme_of_the_configs(tmp_path):
    page = CONFIGS / "README.md"
    for number, block in enumerate(blocks(page, "python")):
        path = tmp_path / f"{number}.py"
        path.write_text(block.replace("'mmaction_configs/", f"'{CONFIGS}/"))
        changed, base = Config.fromfile(path).to_dict(), Config.fromfile(UCF101).to_dict()
        assert changed.keys() == base.keys()
        assert changed != base
    folders = {path.name for path in CONFIGS.iterdir() if path.is_dir()}
    assert set(re.findall(r"^\| `(\w+)/` \|", page.read_text(), flags=re.M)) == folders


def test_ablation_has_the_nine_rows():
    found = {}
    for path in (CONFIGS / "ablation").glob("*.py"):
        hook, = Config.fromfile(path).custom_hooks
        found[path.stem.removeprefix("ablation-").split("-vicreg_")[0]] = HOOKS.build(hook).schedule
    assert found == vt.SCHEDULES


def test_ablation_of_the_default_schedule_is_the_recipe():
    path = CONFIGS / f"ablation/ablation-{UCF101.name}"
    assert [line.split(" = ")[0] for line in path.read_text().splitlines()] == ["_base_"]
    assert Config.fromfile(path).to_dict() == Config.fromfile(UCF101).to_dict()


def test_metafile_lists_every_pretraining_config_and_measures_are_null():
    models = yaml.safe_load((CONFIGS / "metafile.yml").read_text())["Models"]
    assert {model["Config"] for model in models} == {
        path.relative_to(ROOT).as_posix() for path in (CONFIGS / "pretrain").glob("*.py")}
    for model in models:
        assert set(model["Results"][0]["Metrics"].values()) == {None}
