# MViTv2-S for clips of 8 frames at 112 pixels; ViDiDiHook(length=8) cuts clips of 10 frames and their derivatives to 8.
_base_ = ['./vicreg_r3d18.py']
model = dict(
    backbone=dict(
        _delete_=True,
        type='MViT',
        arch='small',
        spatial_size=112,
        temporal_size=8,
        drop_path_rate=0.1,
        output_cls_token=False),
    cls_head=dict(in_channels=768))
