# Appendix B.6: AdamW, learning rate 0.01, halved after epoch 5; 20 epochs, with an evaluation after each.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=20, val_begin=1, val_interval=1)
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.01))
param_scheduler = [dict(type='MultiStepLR', milestones=[5], gamma=0.5, by_epoch=True)]
auto_scale_lr = dict(enable=False, base_batch_size=32)
