# Recognition of motions: one clip of 16 frames at 32 pixels, two clips at test.
_base_ = ['./recognition.py']
train, test = _base_.train_pipeline, _base_.test_pipeline
train[0].transforms[1].frame_interval = test[0].transforms[1].frame_interval = 2
test[0].transforms[1].num_clips = 2
train[1].transforms = test[1].transforms = [dict(type='Resize', scale=(32, 32), keep_ratio=False)]

loader = dict(num_workers=1)
videos = dict(data_prefix=dict(video='data/motion'))
train_dataloader = dict(loader, dataset=dict(videos, ann_file='data/motion/train.txt', pipeline=train))
val_dataloader = dict(loader, dataset=dict(videos, ann_file='data/motion/test.txt', pipeline=test))
test_dataloader = val_dataloader
