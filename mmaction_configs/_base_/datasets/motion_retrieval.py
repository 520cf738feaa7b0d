# Retrieval on motion videos: the training videos are the gallery, each test video is a query (appendix B.4).
data_root = 'data/motion'
classes = ('slide-x', 'slide-y', 'circle', 'rotate', 'pulse', 'shake-x', 'shake-y', 'tumble')

retrieval_pipeline = [
    dict(type='ReadVideo', reader='{{$VIDIDI_READER:pyav}}', memory=1,
         sample=dict(type='SampleFrames', clip_len=8, frame_interval=3, num_clips=4, test_mode=True)),
    dict(type='Resize', scale=(32, 32), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('filename', 'split')),
]
val_dataloader = dict(
    batch_size=16,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='KeyedSampler', shuffle=False),
    dataset=dict(
        type='ConcatDataset',
        datasets=[
            dict(type='VideoListDataset', labelled=True, ann_file=f'{data_root}/{ann_file}',
                 data_prefix=dict(video=data_root), metainfo=dict(classes=classes),
                 pipeline=[dict(type='SetRetrievalSplit', split=split), *retrieval_pipeline], test_mode=True)
            for ann_file, split in (('train.txt', 'gallery'), ('test.txt', 'query'))
        ]))
val_evaluator = dict(type='VideoRetrievalMetric', topk=(1, 5, 10))
val_cfg = dict(type='ValLoop')
test_dataloader = val_dataloader
test_evaluator = [val_evaluator, dict(type='DumpFeatures')]
test_cfg = dict(type='TestLoop')
