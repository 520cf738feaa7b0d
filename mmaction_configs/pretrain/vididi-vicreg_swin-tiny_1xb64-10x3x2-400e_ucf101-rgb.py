# Transformers need a fixed number of frames: clips have 10, and every derivative order is cut to 8.
_base_ = [
    '../_base_/models/vicreg_swin-tiny.py',
    '../_base_/datasets/ucf101_clip_pairs_10frames.py',
    '../_base_/schedules/adamw_transformer.py',
    '../_base_/schedules/cosine_400e.py',
    '../_base_/default_runtime.py',
]
custom_hooks = [dict(type='ViDiDiHook', length=8)]
