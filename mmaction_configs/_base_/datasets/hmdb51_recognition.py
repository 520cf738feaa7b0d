_base_ = ['./recognition.py']
videos = dict(data_prefix=dict(video='data/hmdb51/videos'))
train_dataloader = dict(dataset=dict(videos, ann_file='data/hmdb51/hmdb51_train_split_1_videos.txt'))
val_dataloader = dict(dataset=dict(videos, ann_file='data/hmdb51/hmdb51_val_split_1_videos.txt'))
test_dataloader = val_dataloader
