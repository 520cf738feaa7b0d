_base_ = ['./clip_pairs.py']
train_dataloader = dict(dataset=dict(
    ann_file='data/k200-40k/k200-40k_train_list_videos.txt',
    data_prefix=dict(video='data/kinetics400/videos_train')))
