# Clips of 10 frames: 8 are left after the second derivative.
_base_ = ['./ucf101_clip_pairs.py']
pipeline = _base_.train_pipeline
pipeline[0].sample.clip_len = 10
train_dataloader = dict(dataset=dict(pipeline=pipeline))
