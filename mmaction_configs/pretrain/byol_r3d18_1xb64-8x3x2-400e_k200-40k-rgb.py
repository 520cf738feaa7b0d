_base_ = [
    '../_base_/models/byol_r3d18.py',
    '../_base_/datasets/k200_40k_clip_pairs.py',
    '../_base_/schedules/lars_batch64.py',
    '../_base_/schedules/cosine_400e_warmup10.py',
    '../_base_/default_runtime.py',
]
default_hooks = dict(target=dict(type='MomentumUpdateHook'))
