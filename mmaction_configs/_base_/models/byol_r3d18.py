# BYOL projector and predictor of appendix B.2. MomentumUpdateHook updates the target, with momentum 0.99 to 1.
_base_ = ['./r3d18_clip_pairs.py']
model = dict(
    type='MomentumRecognizer',
    base_momentum=0.99,
    cls_head=dict(type='BYOLHead', in_channels=512, hidden_channels=4096, out_channels=256))
