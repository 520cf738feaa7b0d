# Fine-tuning of a pretrained encoder, set by --cfg-options load_from=CHECKPOINT.
_base_ = [
    '../_base_/models/recognizer_r3d18.py',
    '../_base_/datasets/hmdb51_recognition.py',
    '../_base_/schedules/sgd_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(cls_head=dict(num_classes=51))
default_hooks = dict(
    checkpoint=dict(save_best='auto'),
    check_loaded=dict(type='CheckLoadedHook'))
