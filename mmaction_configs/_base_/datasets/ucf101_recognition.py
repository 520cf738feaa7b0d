_base_ = ['./recognition.py']
videos = dict(data_prefix=dict(video='data/ucf101/videos'))
train_dataloader = dict(dataset=dict(videos, ann_file='data/ucf101/ucf101_train_split_1_videos.txt'))
val_dataloader = dict(dataset=dict(videos, ann_file='data/ucf101/ucf101_val_split_1_videos.txt'))
test_dataloader = val_dataloader
