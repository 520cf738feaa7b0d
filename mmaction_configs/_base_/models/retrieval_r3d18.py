# The encoder alone; projector, predictor and target of a checkpoint are not loaded.
_base_ = ['./r3d18.py']
model = dict(type='TwoViewRecognizer', cls_head=dict(type='RetrievalHead'))
