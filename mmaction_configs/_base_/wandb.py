# In place of default_runtime.py: curves, phase and orders in Weights & Biases too (pip install wandb).
# mode='online' sends them there; 'offline' keeps them in the work dir until `wandb sync`.
_base_ = ['./default_runtime.py']
vis_backends = [
    dict(type='LocalVisBackend'),
    dict(type='WandbVisBackend', init_kwargs=dict(project='vididi', mode='offline')),
]
visualizer = dict(vis_backends=vis_backends)
