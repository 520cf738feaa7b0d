# Appendix B.4: the training videos are the gallery, each test video is a query.
_base_ = ['./ten_clips.py']
retrieval_pipeline = [
    *_base_.ten_clips,
    dict(type='PackActionInputs', meta_keys=('filename', 'split', 'total_frames')),
]
authors_crop = dict(type='PerClip', transforms=[
    dict(type='RandomResizedCrop', area_range=(0.08, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
    dict(type='Resize', scale=(112, 112), keep_ratio=False),
])
gallery = dict(type='VideoListDataset', labelled=True, test_mode=True,
               pipeline=[dict(type='SetRetrievalSplit', split='gallery'), *retrieval_pipeline])
query = dict(type='VideoListDataset', labelled=True, test_mode=True,
             pipeline=[dict(type='SetRetrievalSplit', split='query'), *retrieval_pipeline])
test_dataloader = dict(
    batch_size=4,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='KeyedSampler', shuffle=False),
    dataset=dict(type='ConcatDataset', datasets=[gallery, query]))
test_evaluator = [
    dict(type='VideoRetrievalMetric', topk=(1, 5, 10), protocol='paper'),
    dict(type='DumpFeatures'),
]
test_cfg = dict(type='TestLoop')
