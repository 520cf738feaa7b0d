# Cosine decay to 0, updated every step (appendix B.3).
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=400)
param_scheduler = [dict(type='CosineAnnealingLR', T_max=400, by_epoch=True, convert_to_iter_based=True)]
