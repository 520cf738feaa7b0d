# 8 GPUs with 32 videos each: the learning rate is 1.2 x 256 / 64, and BatchNorm is synchronised across GPUs.
_base_ = ['./lars_batch64.py']
optim_wrapper = dict(optimizer=dict(lr=4.8))
auto_scale_lr = dict(base_batch_size=256)
sync_bn = 'torch'
