# Video Swin-T; its windows take any number of frames, but a clip of 8 fills them.
_base_ = ['./vicreg_r3d18.py']
model = dict(
    backbone=dict(_delete_=True, type='SwinTransformer3D', arch='tiny', pretrained2d=False, window_size=(8, 7, 7)),
    cls_head=dict(in_channels=768))
