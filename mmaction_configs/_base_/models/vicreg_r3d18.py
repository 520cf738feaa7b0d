# VICReg head of appendix B.2.
_base_ = ['./r3d18_clip_pairs.py']
model = dict(
    type='TwoViewRecognizer',
    cls_head=dict(type='VICRegHead', in_channels=512, hidden_channels=2048, out_channels=2048))
