# Motion videos (vididi motion-videos data/motion): 64 pixels, clips of 8 frames at 32 pixels.
_base_ = ['./motion_retrieval.py']
data_root = 'data/motion'

# As clip_pairs.py, but for the area of the crop: a small one would miss the moving shape.
train_pipeline = [
    dict(type='ReadVideo', transforms=[
        dict(type='DecordInit'),
        dict(type='SampleClipPair', clip_len=8, frame_interval=3),
        dict(type='DecordDecode'),
    ]),
    dict(type='PerClip', transforms=[
        dict(type='RandomResizedCrop', area_range=(0.4, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
        dict(type='Resize', scale=(32, 32), keep_ratio=False),
        dict(type='Flip', flip_ratio=0.5),
    ]),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs'),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='KeyedSampler', shuffle=True, round_up=False),
    dataset=dict(
        type='SafeDataset',
        dataset='VideoDataset',
        timeout=60,
        ann_file=f'{data_root}/train.txt',
        data_prefix=dict(video=data_root),
        pipeline=train_pipeline))
