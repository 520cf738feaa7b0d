_base_ = ['./r3d18_16x4x10-paper_ucf101-rgb.py']
model = dict(backbone=dict(_delete_=True, type='TorchvisionVideoBackbone', name='s3d'))
