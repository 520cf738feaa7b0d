# The main experiment, small enough for a laptop.
_base_ = [
    '../_base_/models/vicreg_r3d18.py',
    '../_base_/models/r3d_tiny.py',
    '../_base_/datasets/motion_clip_pairs.py',
    '../_base_/default_runtime.py',
]
model = dict(
    backbone=_base_.r3d_tiny,
    cls_head=dict(in_channels=128, hidden_channels=256, out_channels=256),
    data_preprocessor=dict(channels_last=True))  # faster on a CPU

# 1,080 steps are too few for LARS; AdamW trains a small encoder quickly.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=72, val_interval=8)
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=4e-3, weight_decay=1e-4))
auto_scale_lr = dict(enable=False, base_batch_size=32)
param_scheduler = [dict(type='CosineAnnealingLR', T_max=72, by_epoch=True, convert_to_iter_based=True)]
default_hooks = dict(
    logger=dict(interval=15),
    checkpoint=dict(interval=8))
