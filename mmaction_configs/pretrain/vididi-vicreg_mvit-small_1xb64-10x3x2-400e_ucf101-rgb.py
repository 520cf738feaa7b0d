# Transformers have a fixed number of time steps: 10 frames are read, and every order gives 8.
_base_ = [
    '../_base_/models/vicreg_mvit-small.py',
    '../_base_/datasets/ucf101_clip_pairs.py',
    '../_base_/schedules/lars_batch64.py',
    '../_base_/schedules/cosine_400e.py',
    '../_base_/default_runtime.py',
]
pipeline = _base_.train_pipeline
pipeline[0].transforms[1].clip_len = 10
train_dataloader = dict(dataset=dict(pipeline=pipeline))
optim_wrapper = dict(
    _delete_=True,
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0))
custom_hooks = [dict(type='ViDiDiHook', length=8)]
