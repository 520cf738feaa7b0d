# Linear probe: the encoder is frozen, only the classifier is trained.
_base_ = ['./r3d18_8xb16-16x4x1-100e_hmdb51-rgb.py']
model = dict(backbone=dict(frozen_stages=4, norm_eval=True))
