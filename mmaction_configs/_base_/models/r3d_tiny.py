# A small encoder for laptops: ResNet3d with 0.9 M parameters for clips of 32 pixels, 128-d feature.
r3d_tiny = dict(
    base_channels=16,
    stage_blocks=(1, 1, 1, 1),
    conv1_kernel=(3, 5, 5),
    spatial_strides=(2, 2, 2, 1),
    temporal_strides=(1, 2, 2, 1))
