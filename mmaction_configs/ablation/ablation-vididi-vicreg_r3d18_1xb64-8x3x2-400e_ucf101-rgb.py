_base_ = ['../pretrain/vididi-vicreg_r3d18_1xb64-8x3x2-400e_ucf101-rgb.py']  # its schedule is the default, 'vididi'
