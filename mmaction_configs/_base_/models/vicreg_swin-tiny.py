# Video Swin-T: it takes any number of frames, and 8 fill its windows.
_base_ = ['./vicreg_r3d18.py']
model = dict(
    backbone=dict(_delete_=True, type='SwinTransformer3D', arch='tiny', pretrained2d=False, window_size=(8, 7, 7)),
    cls_head=dict(in_channels=768))
