# Appendix B.5: training on one clip of 16 frames; in tests the probabilities of 10 clips are averaged.
_base_ = ['./ten_clips.py']
train_pipeline = [
    dict(type='ReadVideo', reader='{{$VIDIDI_READER:pyav}}',
         sample=dict(type='SampleFrames', clip_len=16, frame_interval=4, out_of_bound_opt='repeat_last')),
    dict(type='PerClip', transforms=[
        dict(type='RandomResizedCrop', area_range=(0.2, 1.0)),
        dict(type='Resize', scale=(112, 112), keep_ratio=False),
        dict(type='Flip', flip_ratio=0.5),
    ]),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('filename',)),  # names for errors
]
test_pipeline = [*_base_.ten_clips, dict(type='PackActionInputs')]
train_dataloader = dict(
    batch_size=16, num_workers=8, persistent_workers=True, sampler=dict(type='KeyedSampler', shuffle=True),
    dataset=dict(type='SafeDataset', dataset='VideoListDataset', timeout=60, labelled=True,
                 pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=4, num_workers=8, persistent_workers=True, sampler=dict(type='KeyedSampler', shuffle=False),
    dataset=dict(type='VideoListDataset', labelled=True, pipeline=test_pipeline, test_mode=True))
val_evaluator = dict(type='AccMetric')
val_cfg = dict(type='ValLoop')
test_dataloader = val_dataloader
test_evaluator = val_evaluator
test_cfg = dict(type='TestLoop')
