# The encoder alone: a checkpoint's projector, predictor and target are left out.
_base_ = ['./r3d18.py']
model = dict(type='TwoViewRecognizer', cls_head=dict(type='RetrievalHead'))
