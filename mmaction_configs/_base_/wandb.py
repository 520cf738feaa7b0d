# Use it in place of default_runtime.py to log curves, phase and derivative orders to Weights & Biases too
# (pip install wandb). mode='offline' keeps them in the work dir until `wandb sync`, 'online' uploads them at once.
_base_ = ['./default_runtime.py']
vis_backends = [
    dict(type='LocalVisBackend'),
    dict(type='WandbVisBackend', init_kwargs=dict(project='vididi', mode='offline')),
]
visualizer = dict(vis_backends=vis_backends)
