# Section 4.1, appendix B.3: LARS, learning rate 1.2 for a batch of 64; no weight decay and no adaptive rate for biases
# and normalisation layers.
optim_wrapper = dict(
    optimizer=dict(type='LARS', lr=1.2, momentum=0.9, weight_decay=1e-6),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0))
auto_scale_lr = dict(enable=False, base_batch_size=64)
