# Use it in place of default_runtime.py to log curves, phase and derivative orders to TensorBoard too
# (pip install tensorboard).
_base_ = ['./default_runtime.py']
vis_backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
visualizer = dict(vis_backends=vis_backends)
