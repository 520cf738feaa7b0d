# Clips of 10 frames, for 8 after two derivatives.
_base_ = ['./ucf101_clip_pairs.py']
pipeline = _base_.train_pipeline
pipeline[0].transforms[1].clip_len = 10
train_dataloader = dict(dataset=dict(pipeline=pipeline))
