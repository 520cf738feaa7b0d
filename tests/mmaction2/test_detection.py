"""Action detection by config only: MMAction2's detector, dataset, metric and tool, on files in AVA's format."""
from multiprocessing.pool import ThreadPool
from pathlib import Path
from statistics import mean

import mmcv
import pytest
import torch
from ava_set import write_ava_set
from mmaction.evaluation.functional import ava_utils
from mmaction.registry import DATASETS, METRICS, MODELS
from mmengine.config import Config
from mmengine.runner import Runner
from paths import ROOT
from stock_tools import TOOLS, run, scalars

pytestmark = pytest.mark.slow
CONFIGS = ROOT / "mmaction_configs"
NAME = "{}-pretrained-r3d18_2xb16-8x4x1-20e_ava21-rgb"
METHODS = [f"{variant}{method}" for method in ("vicreg", "simclr", "byol") for variant in ("", "vididi-")]
LEAF = CONFIGS / f"detection/{NAME.format('vididi-vicreg')}.py"
SIZE = 80  # width and height of a frame in pixels
CLASSES = ("slide-x", "slide-y", "rotate", "pulse")
TINY_BACKBONE = {"model.backbone.base_channels": 8, "model.backbone.stage_blocks": (1, 1, 1, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with ``data/ava``, where the configs look for it."""
    folder = tmp_path_factory.mktemp("detection")
    write_ava_set(folder / "data/ava", train=16, val=8, size=SIZE // 2, classes=CLASSES)
    return folder


@pytest.fixture
def pretrained(tmp_path):
    """A checkpoint of a small TwoViewRecognizer."""
    cfg = Config.fromfile(CONFIGS / "pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py")
    cfg.merge_from_dict(TINY_BACKBONE | {"model.cls_head.in_channels": 64})
    torch.manual_seed(1)
    model = MODELS.build(cfg.model)
    model.init_weights()
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / "pretrained.pth")
    return tmp_path / "pretrained.pth"


@pytest.fixture
def options(pretrained):
    """Options (as for ``--cfg-options``) that make the config small."""
    options = TINY_BACKBONE | {
        "load_from": str(pretrained),
        "model.roi_head.bbox_head.in_channels": 64,
        "model.roi_head.bbox_head.num_classes": 1 + len(CLASSES),
        "model.roi_head.bbox_head.topk": 1,
        "val_evaluator.num_classes": 1 + len(CLASSES),
        "train_cfg.max_epochs": 6,
        "train_cfg.val_interval": 3,
        "train_dataloader.batch_size": 4,
        "train_dataloader.dataset.pipeline.2.scale_range": (SIZE, SIZE + 8),
        "train_dataloader.dataset.pipeline.3.size": SIZE,
        "val_dataloader.dataset.pipeline.2.scale": (-1, SIZE),
        "default_hooks.logger.interval": 1,
        "default_hooks.checkpoint.interval": 3,
        "randomness.seed": 0,
    }
    for loader in ("train_dataloader", "val_dataloader"):
        options |= {f"{loader}.num_workers": 0, f"{loader}.persistent_workers": False,
                    f"{loader}.dataset.num_classes": 1 + len(CLASSES), f"{loader}.dataset.timestamp_end": 902}
    return options


@pytest.fixture
def tiny(folder, options, monkeypatch):
    monkeypatch.chdir(folder)
    cfg = Config.fromfile(LEAF)
    cfg.merge_from_dict(options)
    return cfg


def command_line(options):
    return [f"{key}={value}".replace(" ", "") for key, value in options.items()]


def test_detector_learns_and_is_scored_through_the_stock_tool(folder, options, monkeypatch):
    monkeypatch.chdir(folder)  # paths in configs are relative, and AVAMetric writes its table to the current folder
    log = run(TOOLS / "train.py", LEAF, "--work-dir", "work", "--cfg-options", *command_line(options))
    loss, scores = scalars("work", "loss_action_cls"), scalars("work", "mAP/overall")
    assert len(loss) == 6 * 4
    assert mean(list(loss.values())[-4:]) < 0.8 * mean(list(loss.values())[:4])
    assert list(scores) == [3, 6]
    assert all(0 < score <= 1 for score in scores.values())
    assert len(list((folder / "work").glob("best_mAP_overall_epoch_*.pth"))) == 1
    own_operators = any(path.name.startswith("_ext.") for path in Path(mmcv.__file__).parent.iterdir())
    assert log.count("repairs mmcv._ext (") == (0 if own_operators else 1)


def test_pretrained_backbone_is_loaded_into_the_detector(tiny, pretrained, tmp_path):
    tiny.work_dir = tiny.experiment_name = str(tmp_path)
    runner = Runner.from_cfg(tiny)
    stored = {name.removeprefix("backbone."): value for name, value in torch.load(pretrained)["state_dict"].items()
              if name.startswith("backbone.")}
    conv = "layer4.0.conv2.conv.weight"
    assert not torch.equal(runner.model.backbone.state_dict()[conv], stored[conv])
    runner.load_or_resume()
    loaded = runner.model.backbone.state_dict()
    assert loaded.keys() == stored.keys()
    for name, value in stored.items():
        torch.testing.assert_close(loaded[name], value, rtol=0, atol=0)


def test_weights_without_a_backbone_are_refused(tiny, pretrained, tmp_path):
    tiny.work_dir = tiny.experiment_name = str(tmp_path)
    stored = torch.load(pretrained)["state_dict"]
    torch.save({name.removeprefix("backbone."): value for name, value in stored.items()}, pretrained)
    with pytest.raises(ValueError, match="at least one tensor of the model's backbone"):
        Runner.from_cfg(tiny).load_or_resume()


@pytest.mark.parametrize("method", METHODS)
def test_the_six_detectors_build_and_load_their_pretraining(method):
    cfg = Config.fromfile(CONFIGS / f"detection/{NAME.format(method)}.py")
    assert cfg.load_from == f"work_dirs/{method}_r3d18_1xb64-8x3x2-400e_ucf101-rgb/epoch_400.pth"
    detector = MODELS.build(cfg.model)
    assert [type(part).__name__ for part in (detector, detector.roi_head, detector.roi_head.bbox_head)] == [
        "FastRCNN", "AVARoIHead", "BBoxHeadAVA"]
    assert detector.roi_head.bbox_head.fc_cls.weight.shape == (81, 512)


def test_there_are_no_other_detectors():
    assert {path.stem for path in (CONFIGS / "detection").iterdir()} == {NAME.format(method) for method in METHODS}


def test_stride_of_the_features_is_that_of_the_extractor():
    cfg = Config.fromfile(LEAF).model
    features = MODELS.build(cfg).eval().extract_feat(torch.zeros(1, 3, 8, 64, 96))
    stride = cfg.roi_head.bbox_roi_extractor.featmap_stride
    assert features.shape == (1, 512, 1, 64 // stride, 96 // stride)


def test_recipe_is_the_papers():
    cfg = Config.fromfile(LEAF)
    assert (cfg.optim_wrapper.optimizer.type, cfg.optim_wrapper.optimizer.lr) == ("AdamW", 0.01)
    scheduler, = cfg.param_scheduler
    assert (scheduler.type, scheduler.milestones, scheduler.gamma) == ("MultiStepLR", [5], 0.5)
    assert (cfg.train_cfg.max_epochs, cfg.train_cfg.val_interval) == (20, 1)
    assert (cfg.default_hooks.checkpoint.save_best, cfg.default_hooks.checkpoint.rule) == ("mAP/overall", "greater")
    assert cfg.model.roi_head.bbox_head.dropout_ratio == 0.5
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        sample = loader.dataset.pipeline[0]
        assert (sample.clip_len, sample.frame_interval) == (8, 4)


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_sample_of_the_generated_set(tiny, split):
    sample = DATASETS.build(tiny[f"{split}_dataloader"].dataset)[0]
    assert sample["inputs"].shape == (3, 8, SIZE, SIZE)
    truth, proposals = sample["data_samples"].gt_instances, sample["data_samples"].proposals
    assert truth.bboxes.shape == proposals.bboxes.shape == (4, 4)  # without the unlikely proposals
    assert truth.labels.sum(dim=1).tolist() == [1] * 4


def test_motion_is_inside_the_boxes(tiny):
    inside, outside = [], []
    for sample in DATASETS.build(tiny.val_dataloader.dataset):
        steps = sample["inputs"].float().diff(dim=1).abs()
        motion = steps[:, 3:5].mean(dim=(0, 1))  # around the annotated frame, before the shapes leave their boxes
        in_box = torch.zeros(SIZE, SIZE, dtype=torch.bool)
        for x1, y1, x2, y2 in sample["data_samples"].gt_instances.bboxes.round().int().tolist():
            in_box[y1:y2, x1:x2] = True
        inside.append(motion[in_box].mean().item())
        outside.append(motion[~in_box].mean().item())
    assert mean(inside) > 8 * mean(outside)  # measured: 12; with the boxes of two shapes exchanged 6


@pytest.mark.parametrize(("exchanged", "expected"), [(False, 1), (True, 0)])
def test_the_stock_metric_on_known_predictions(tiny, exchanged, expected, monkeypatch):
    """Each proposal predicts its own action, or that of another shape in the video."""
    monkeypatch.setattr(ava_utils.multiprocessing, "Pool", ThreadPool)  # forks of a process with threads may hang
    metric, dataset = METRICS.build(tiny.val_evaluator), DATASETS.build(tiny.val_dataloader.dataset)
    for sample in (item["data_samples"] for item in dataset):
        scores = sample.gt_instances.labels
        wrong = (scores[:, 1:].roll(1, dims=1) if exchanged else scores[:, 1:])
        metric.process(None, [dict(video_id=sample.video_id, timestamp=sample.timestamp, pred_instances=dict(
            bboxes=sample.proposals.bboxes / SIZE, scores=torch.cat((scores[:, :1], wrong), dim=1)))])
    assert metric.evaluate(len(dataset))["mAP/overall"] == pytest.approx(expected, abs=0.01)
