_base_ = [
    '../_base_/models/fast_rcnn_r3d18.py',
    '../_base_/datasets/ava21.py',
    '../_base_/schedules/adamw_20e_ava.py',
    '../_base_/default_runtime.py',
]
# Table 4 does not name the pretraining dataset. We use UCF101: only there does the paper pretrain all six methods
# (Table 3). load_from is used because ResNet3d ignores the backbone's init_cfg.
load_from = 'work_dirs/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb/epoch_400.pth'
default_hooks = dict(
    checkpoint=dict(interval=1, save_best='mAP/overall', rule='greater'),  # the best epoch is reported
    check_loaded=dict(type='CheckLoadedHook'))
