_base_ = [
    '../_base_/models/retrieval_r3d18.py',
    '../_base_/datasets/ucf101_retrieval.py',
    '../_base_/default_runtime.py',
]
