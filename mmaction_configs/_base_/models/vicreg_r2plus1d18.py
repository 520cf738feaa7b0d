# torchvision's R(2+1)D-18; MMAction2's ResNet2Plus1d has other widths and poolings.
_base_ = ['./vicreg_r3d18.py']
model = dict(backbone=dict(_delete_=True, type='TorchvisionVideoBackbone', name='r2plus1d_18'))
