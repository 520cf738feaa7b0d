"""ViDiDi in MMAction2 with PyTorchVideo's augmentations.

Stock `PytorchVideoWrapper` replaces the crops in the recipe of the demo.
`pip install '.[mmaction2,pytorchvideo]'`
"""
import tempfile
import warnings

# first: it repairs the imports of the stack, PyTorchVideo's too
from vididi_transforms.mmaction2.demo import config  # isort: skip

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vididi_transforms.data.motion_videos import write_dataset

# pytorchvideo 0.1.5 uses a decorator that torch 2.14 deprecates. Two warnings about
# `FileClient` remain: mmengine's checkpoint hook and MMAction2's video reader use it.
warnings.filterwarnings(
    "ignore", "`torch.jit.script_method` is deprecated", FutureWarning)


class Print(Hook):
    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        orders = tuple(
            int(runner.message_hub.get_scalar(f"train/vididi_order{view}").current())
            for view in (1, 2))
        print(f"epoch {runner.epoch}, step {runner.iter}: orders {orders}, "
              f"read {tuple(data_batch['inputs'].shape)}, "
              f"loss {outputs['loss'].item():.3f}")


with tempfile.TemporaryDirectory() as folder:
    write_dataset(folder, train=32, test=1)
    cfg = Config.fromfile(config("vididi-vicreg"))
    # PerClip augments each of the two clips on its own; PyTorchVideo samples parameters
    # once for all frames that it gets. (RandAugment's Equalize and AdjustContrast look
    # at each frame separately, which leaves a little of them in the derivatives.)
    cfg.train_dataloader.dataset.pipeline[1] = dict(type="PerClip", transforms=[
        dict(type="PytorchVideoWrapper", op="RandAugment", magnitude=5, num_layers=1),
        dict(type="PytorchVideoWrapper", op="RandomResizedCrop", target_height=40,
             target_width=40, scale=(0.5, 1.0), aspect_ratio=(3 / 4, 4 / 3)),
    ])
    cfg.train_dataloader.batch_size = 16
    cfg.train_dataloader.dataset.update(
        ann_file=f"{folder}/train.txt", data_prefix=dict(video=folder))
    cfg.train_cfg = dict(by_epoch=True, max_epochs=4)
    # training only
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    cfg.update(work_dir=f"{folder}/work", log_level="WARNING")
    runner = Runner.from_cfg(cfg)
    runner.register_hook(Print())
    runner.train()
