# 8 GPUs of 32 videos each: 1.2 for a batch of 64, scaled; the statistics of the batch normalisation are the batch's.
_base_ = ['./lars_batch64.py']
optim_wrapper = dict(optimizer=dict(lr=4.8))
auto_scale_lr = dict(base_batch_size=256)
sync_bn = 'torch'
