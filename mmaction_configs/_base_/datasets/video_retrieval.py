# Appendix B.4: 10 clips of 16 frames, uniformly, a random crop of each; training videos are the gallery.
retrieval_pipeline = [
    dict(type='ReadVideo', transforms=[
        dict(type='DecordInit'),
        dict(type='SampleFrames', clip_len=16, frame_interval=4, num_clips=10, test_mode=True,
             out_of_bound_opt='repeat_last'),
        dict(type='DecordDecode'),
    ]),
    dict(type='PerClip', transforms=[
        dict(type='Resize', scale=(-1, 128)),
        dict(type='RandomCrop', size=112),
    ]),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('filename', 'split', 'total_frames')),
]
authors_crop = dict(type='PerClip', transforms=[
    dict(type='RandomResizedCrop', area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
    dict(type='Resize', scale=(112, 112), keep_ratio=False),
])
gallery = dict(type='VideoDataset', test_mode=True,
               pipeline=[dict(type='SetRetrievalSplit', split='gallery'), *retrieval_pipeline])
query = dict(type='VideoDataset', test_mode=True,
             pipeline=[dict(type='SetRetrievalSplit', split='query'), *retrieval_pipeline])
test_dataloader = dict(
    batch_size=4,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='KeyedSampler', shuffle=False),
    dataset=dict(type='ConcatDataset', datasets=[gallery, query]))
test_evaluator = [
    dict(type='VideoRetrievalMetric', topk=(1, 5, 10), protocol='paper'),
    dict(type='DumpFeatures'),
]
test_cfg = dict(type='TestLoop')
