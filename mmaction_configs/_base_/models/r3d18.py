# R3D-18 as in torchvision: 512-d feature, stride 16 in space and 8 in time.
model = dict(
    backbone=dict(
        type='ResNet3d',
        depth=18,
        pretrained=None,
        pretrained2d=False,
        conv1_kernel=(3, 7, 7),
        with_pool1=False,
        with_pool2=False,
        temporal_strides=(1, 2, 2, 2),
        zero_init_residual=False),
    data_preprocessor=dict(
        type='ActionDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        format_shape='NCTHW'))
