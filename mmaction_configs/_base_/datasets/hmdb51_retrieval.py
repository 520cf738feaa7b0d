_base_ = ['./video_retrieval.py']
videos = dict(video='data/hmdb51/videos')
test_dataloader = dict(dataset=dict(datasets=[
    dict(_base_.gallery, ann_file='data/hmdb51/hmdb51_train_split_1_videos.txt', data_prefix=videos),
    dict(_base_.query, ann_file='data/hmdb51/hmdb51_val_split_1_videos.txt', data_prefix=videos),
]))
