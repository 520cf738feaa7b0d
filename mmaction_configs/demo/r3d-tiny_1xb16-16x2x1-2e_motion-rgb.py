# Fine-tuning of the demo's encoder: --cfg-options load_from=work_dirs/demo/vididi-vicreg/epoch_72.pth
_base_ = [
    '../_base_/models/recognizer_r3d18.py',
    '../_base_/models/r3d_tiny.py',
    '../_base_/datasets/motion_recognition.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]
model = dict(backbone=_base_.r3d_tiny, cls_head=dict(in_channels=128, num_classes=8, dropout_ratio=0))
train_cfg = dict(max_epochs=2, val_interval=1)
optim_wrapper = dict(optimizer=dict(lr=0.01))
auto_scale_lr = dict(base_batch_size=16)
param_scheduler = None
default_hooks = dict(check_loaded=dict(type='CheckLoadedHook'))
