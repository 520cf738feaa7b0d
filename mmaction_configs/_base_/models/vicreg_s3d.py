# torchvision's S3D, 1024-d feature.
_base_ = ['./vicreg_r3d18.py']
model = dict(
    backbone=dict(_delete_=True, type='TorchvisionVideoBackbone', name='s3d'),
    cls_head=dict(in_channels=1024))
