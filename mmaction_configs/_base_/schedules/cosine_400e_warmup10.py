# For BYOL: 10 epochs of warm-up, then cosine decay to 0 (section 4.1).
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=400)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, begin=0, end=10, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', T_max=390, begin=10, end=400, by_epoch=True, convert_to_iter_based=True),
]
