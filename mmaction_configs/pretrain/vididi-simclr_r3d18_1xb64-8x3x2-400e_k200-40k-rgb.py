_base_ = ['./simclr_r3d18_1xb64-8x3x2-400e_k200-40k-rgb.py']

custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook')]
