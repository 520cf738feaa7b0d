# Section 4.1, appendix B.3: LARS at 1.2 for a batch of 64, cosine to 0 by iteration, no warm-up.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=400)
optim_wrapper = dict(
    optimizer=dict(type='LARS', lr=1.2, momentum=0.9, weight_decay=1e-6),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0))
param_scheduler = [dict(type='CosineAnnealingLR', T_max=400, by_epoch=True, convert_to_iter_based=True)]
auto_scale_lr = dict(enable=False, base_batch_size=64)
