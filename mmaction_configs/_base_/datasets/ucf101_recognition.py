_base_ = ['./recognition.py']
train_dataloader = dict(dataset=dict(
    ann_file='data/ucf101/ucf101_train_split_1_videos.txt', data_prefix=dict(video='data/ucf101/videos')))
val_dataloader = dict(dataset=dict(
    ann_file='data/ucf101/ucf101_val_split_1_videos.txt', data_prefix=dict(video='data/ucf101/videos')))
test_dataloader = dict(
    _base_.val_dataloader, dataset=dict(
        _base_.val_dataloader.dataset,
        ann_file='data/ucf101/ucf101_val_split_1_videos.txt',
        data_prefix=dict(video='data/ucf101/videos')))
test_evaluator = dict(type='AccMetric')
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
