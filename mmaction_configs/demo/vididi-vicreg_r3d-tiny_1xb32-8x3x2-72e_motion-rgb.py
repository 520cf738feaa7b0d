_base_ = ['./vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py']

custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook')]
