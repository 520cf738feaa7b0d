_base_ = ['./r3d18_16x4x10-paper_ucf101-rgb.py']
model = dict(backbone=dict(inflate=(1, 0, 0, 0), temporal_strides=(1, 1, 1, 1)))
