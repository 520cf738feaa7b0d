# MMAction2's recognizer with a linear head (appendix B.5); load_from loads the pretrained encoder.
_base_ = ['./r3d18.py']
model = dict(
    type='Recognizer3D',
    cls_head=dict(
        type='I3DHead', in_channels=512, num_classes=101, spatial_type='avg', dropout_ratio=0.5, average_clips='prob'))
