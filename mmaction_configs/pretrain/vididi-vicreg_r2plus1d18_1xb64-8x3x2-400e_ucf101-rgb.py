_base_ = ['./vicreg_r2plus1d18_1xb64-8x3x2-400e_ucf101-rgb.py']

custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook')]
