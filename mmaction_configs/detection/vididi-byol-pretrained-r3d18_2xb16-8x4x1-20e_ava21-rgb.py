_base_ = ['./vididi-vicreg-pretrained-r3d18_2xb16-8x4x1-20e_ava21-rgb.py']
load_from = 'work_dirs/vididi-byol_r3d18_1xb64-8x3x2-400e_ucf101-rgb/epoch_400.pth'
