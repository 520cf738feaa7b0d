# MC3-18: temporal convolutions in the first stage only, no temporal stride.
_base_ = ['./vicreg_r3d18.py']
model = dict(backbone=dict(inflate=(1, 0, 0, 0), temporal_strides=(1, 1, 1, 1)))
