"""The demo config, small enough for a unit test."""


def tiny_for(motion):
    """Options (as for ``--cfg-options``) that make the demo config small.

    The work dir is not set.
    """
    options = {
        "model.backbone.base_channels": 4,
        "model.cls_head.in_channels": 32,
        "train_cfg.max_epochs": 2,
        "train_cfg.val_interval": 2,
        "train_dataloader.batch_size": 4,
        "train_dataloader.num_workers": 0,
        "train_dataloader.persistent_workers": False,
        "train_dataloader.dataset.ann_file": f"{motion}/train.txt",
        "train_dataloader.dataset.data_prefix.video": str(motion),
        "default_hooks.logger.interval": 1,
        "default_hooks.checkpoint.interval": 1,
    }
    for loader in ("val_dataloader", "test_dataloader"):
        options |= {f"{loader}.num_workers": 0, f"{loader}.persistent_workers": False}
        for number, name in enumerate(("train.txt", "test.txt")):
            options[f"{loader}.dataset.datasets.{number}.ann_file"] = f"{motion}/{name}"
            options[f"{loader}.dataset.datasets.{number}.data_prefix.video"] = str(motion)
    return options
