custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
default_scope = 'mmaction'

default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20, ignore_last=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', interval=10, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    sync_buffers=dict(type='SyncBuffersHook'),
    step_seed=dict(type='StepSeedHook'),
    bn_statistics=dict(type='BNStatisticsHook'),
    check_finite=dict(type='CheckFiniteHook'),
    check_gradients=dict(type='CheckGradientsHook'),
    bad_videos=dict(type='BadVideosHook'),
    exact_resume=dict(type='ExactResumeHook'),
    preemption=dict(type='PreemptionHook'))

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

log_processor = dict(type='LogProcessor', window_size=20, by_epoch=True)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='ActionVisualizer', vis_backends=vis_backends)

log_level = 'INFO'
randomness = dict(seed=0)  # also seeds the samplers: with None a resumed run would read other samples
load_from = None
resume = False
