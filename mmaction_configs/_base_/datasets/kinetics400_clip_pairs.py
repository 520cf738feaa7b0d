_base_ = ['./clip_pairs.py']
train_dataloader = dict(batch_size=32, dataset=dict(
    ann_file='data/kinetics400/kinetics400_train_list_videos.txt',
    data_prefix=dict(video='data/kinetics400/videos_train')))
