_base_ = ['./simclr_r3d18_8xb32-8x3x2-400e_kinetics400-rgb.py']

custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook')]
