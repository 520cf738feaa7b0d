# R3D-18 on two clips. The data preprocessor blurs, jitters, grays (appendix B.1) and differentiates on the device.
_base_ = ['./r3d18.py']
model = dict(data_preprocessor=dict(
    type='ClipPairDataPreprocessor',
    augment=dict(
        p_blur=0.5, kernel_size=3, sigma=(0.1, 2.0),
        p_jitter=0.8, brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05,
        p_gray=0.5)))
