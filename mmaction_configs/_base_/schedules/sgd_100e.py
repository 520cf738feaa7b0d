# Appendix B.5: SGD, learning rate 0.2 for a batch of 128 (8 GPUs x 16), divided by 10 at epochs 60 and 80.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=100, val_interval=5)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.2, momentum=0.9, weight_decay=1e-4))
param_scheduler = [dict(type='MultiStepLR', milestones=[60, 80], gamma=0.1, by_epoch=True)]
auto_scale_lr = dict(enable=False, base_batch_size=128)
