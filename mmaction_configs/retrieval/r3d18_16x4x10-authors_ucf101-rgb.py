# The authors' research code: random resized crops; videos of 64 frames and fewer are left out.
_base_ = ['./r3d18_16x4x10-paper_ucf101-rgb.py']
crop = dict(type='PerClip', transforms=[
    dict(type='RandomResizedCrop', area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
    dict(type='Resize', scale=(112, 112), keep_ratio=False),
])
test_dataloader = dict(dataset=dict(datasets=[
    dict(data, pipeline=[*data.pipeline[:2], crop, *data.pipeline[3:]])
    for data in _base_.test_dataloader.dataset.datasets
]))
test_evaluator = dict(protocol='authors')
