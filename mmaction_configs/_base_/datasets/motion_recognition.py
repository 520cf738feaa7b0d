# Recognition on motion videos: clips of 16 frames at 32 pixels, one in training and two in tests.
_base_ = ['./recognition.py']
train, test = _base_.train_pipeline, _base_.test_pipeline
train[0].sample.frame_interval = test[0].sample.frame_interval = 2
test[0].sample.num_clips = 2
train[1].transforms = test[1].transforms = [dict(type='Resize', scale=(32, 32), keep_ratio=False)]

loader = dict(num_workers=1)
videos = dict(data_prefix=dict(video='data/motion'))
train_dataloader = dict(loader, dataset=dict(videos, ann_file='data/motion/train.txt', pipeline=train))
val_dataloader = dict(loader, dataset=dict(videos, ann_file='data/motion/test.txt', pipeline=test))
test_dataloader = val_dataloader
