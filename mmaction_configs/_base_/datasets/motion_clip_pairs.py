# Motion videos of 64 pixels (vididi motion-videos data/motion): pairs of clips at 32 pixels, and retrieval.
_base_ = ['./clip_pairs.py', './motion_retrieval.py']

train_pipeline = _base_.train_pipeline
train_pipeline[0].memory = 1  # all decoded videos have a quarter of a gigabyte
train_pipeline[1].transforms = [  # a smaller crop can miss the moving shape
    dict(type='RandomResizedCrop', area_range=(0.4, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
    dict(type='Resize', scale=(32, 32), keep_ratio=False),
    dict(type='Flip', flip_ratio=0.5),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=0,  # the process that trains reads, from memory
    persistent_workers=False,
    pin_memory=False,  # no GPU
    dataset=dict(timeout=None, ann_file='data/motion/train.txt', data_prefix=dict(video='data/motion'),
                 pipeline=train_pipeline))
