"""The recipes' models at the size of a unit test, for clips of 32 pixels."""


def shrink_model(model):
    """Make the encoder and the head of a config small."""
    backbone, head = model.backbone, model.cls_head
    if backbone.type == "ResNet3d":
        backbone.update(base_channels=4)
        head.in_channels = 32
    elif backbone.type == "MViT":
        backbone.update(arch=dict(embed_dims=16, num_layers=3, num_heads=1, downscale_indices=[1, 2]), spatial_size=32)
        head.in_channels = 64
    elif backbone.type == "SwinTransformer3D":
        backbone.update(arch=dict(embed_dims=12, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 4]), window_size=(4, 2, 2))
        head.in_channels = 96
    if "hidden_channels" in head:
        head.update(hidden_channels=16, out_channels=8)
