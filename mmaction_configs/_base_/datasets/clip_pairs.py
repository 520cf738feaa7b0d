# Two clips per video (8 frames, every 3rd), each with its own crop and flip (appendix B.1). The workers return uint8;
# the data preprocessor does the rest of the augmentation (models/r3d18_clip_pairs.py).
train_pipeline = [
    dict(type='ReadVideo', reader='{{$VIDIDI_READER:pyav}}',
         sample=dict(type='SampleClipPair', clip_len=8, frame_interval=3)),
    dict(type='PerClip', transforms=[
        dict(type='Resize', scale=(-1, 150)),
        dict(type='RandomResizedCrop', area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
        dict(type='Resize', scale=(112, 112), keep_ratio=False),
        dict(type='Flip', flip_ratio=0.5),
    ]),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('filename',)),  # names for errors
]
train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    pin_memory=True,
    collate_fn=dict(type='default_collate'),  # the workers collate the batch
    sampler=dict(type='KeyedSampler', shuffle=True, round_up=False),
    dataset=dict(type='SafeDataset', dataset='VideoListDataset', timeout=60, pipeline=train_pipeline))
