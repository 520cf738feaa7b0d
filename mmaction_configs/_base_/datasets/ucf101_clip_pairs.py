_base_ = ['./clip_pairs.py']
train_dataloader = dict(dataset=dict(
    ann_file='data/ucf101/ucf101_train_split_1_videos.txt',
    data_prefix=dict(video='data/ucf101/videos')))
