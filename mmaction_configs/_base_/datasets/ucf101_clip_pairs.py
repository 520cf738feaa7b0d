# Two clips of a UCF101 video, each with the augmentation of appendix B.1; its differencing comes after all of it.
file_client_args = dict(io_backend='disk')
data_root = 'data/ucf101/videos'
ann_file_train = 'data/ucf101/ucf101_train_split_1_videos.txt'

train_pipeline = [
    dict(type='ReadVideo', transforms=[
        dict(type='DecordInit', **file_client_args),
        dict(type='SampleClipPair', clip_len=8, frame_interval=3),
        dict(type='DecordDecode'),
    ]),
    dict(type='PerClip', transforms=[
        dict(type='Resize', scale=(-1, 150)),
        dict(type='RandomResizedCrop', area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
        dict(type='Resize', scale=(112, 112), keep_ratio=False),
        dict(type='Flip', flip_ratio=0.5),
        dict(type='ClipGaussianBlur', kernel_size=3, sigma=(0.1, 2.0), p=0.5),
        dict(type='ClipColorJitter', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05, p=0.8),
        dict(type='ClipGrayscale', p=0.5),
    ]),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs'),
]
train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='KeyedSampler', shuffle=True),
    dataset=dict(
        type='VideoDataset',
        ann_file=ann_file_train,
        data_prefix=dict(video=data_root),
        pipeline=train_pipeline))
