# AVA 2.1 as MMAction2 prepares it: frames, annotations and FAIR's person boxes.
# Clips of 8 frames, every 4th (appendix B.6).
data_root, anno_root = 'data/ava/rawframes', 'data/ava/annotations'
files = {split: dict(
    ann_file=f'{anno_root}/ava_{split}_v2.1.csv',
    exclude_file=f'{anno_root}/ava_{split}_excluded_timestamps_v2.1.csv',
    label_file=f'{anno_root}/ava_action_list_v2.1_for_activitynet_2018.pbtxt') for split in ('train', 'val')}
persons = {split: f'{anno_root}/ava_dense_proposals_{split}.FAIR.recall_93.9.pkl' for split in ('train', 'val')}

train_pipeline = [
    dict(type='SampleAVAFrames', clip_len=8, frame_interval=4),
    dict(type='RawFrameDecode', io_backend='disk'),
    dict(type='RandomRescale', scale_range=(256, 320)),
    dict(type='RandomCrop', size=256),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='FormatShape', input_format='NCTHW', collapse=True),
    dict(type='PackActionInputs'),
]
val_pipeline = [
    dict(type='SampleAVAFrames', clip_len=8, frame_interval=4, test_mode=True),
    dict(type='RawFrameDecode', io_backend='disk'),
    dict(type='Resize', scale=(-1, 256)),
    dict(type='FormatShape', input_format='NCTHW', collapse=True),
    dict(type='PackActionInputs'),
]
workers = dict(num_workers=8, persistent_workers=True)
train_dataloader = dict(
    batch_size=16, **workers, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='SafeAVADataset', data_prefix=dict(img=data_root), proposal_file=persons['train'],
                 pipeline=train_pipeline, **files['train']))
# MMAction2's detector evaluates one clip at a time.
val_dataloader = dict(
    batch_size=1, **workers, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='SafeAVADataset', data_prefix=dict(img=data_root), proposal_file=persons['val'],
                 pipeline=val_pipeline, test_mode=True, **files['val']))
val_evaluator = dict(type='AVAMetric', **files['val'])
test_dataloader, test_evaluator = val_dataloader, val_evaluator
val_cfg, test_cfg = dict(type='ValLoop'), dict(type='TestLoop')
