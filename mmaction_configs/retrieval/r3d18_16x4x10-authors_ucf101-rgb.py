# As in the authors' research code: random resized crops; videos with 64 frames or fewer are skipped.
_base_ = ['./r3d18_16x4x10-paper_ucf101-rgb.py']
test_dataloader = dict(dataset=dict(datasets=[
    dict(data, pipeline=[*data.pipeline[:2], _base_.authors_crop, *data.pipeline[3:]])
    for data in _base_.test_dataloader.dataset.datasets
]))
test_evaluator = [dict(_base_.test_evaluator[0], protocol='authors'), _base_.test_evaluator[1]]
