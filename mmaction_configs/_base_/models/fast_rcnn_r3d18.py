# Appendix B.6: RoI features of the last block, mean over time and maximum over space, one sigmoid per action.
# MMAction2's AVA detector with another backbone; the boxes of people are the proposals of the dataset.
_base_ = ['./r3d18.py']
model = dict(
    type='FastRCNN',
    _scope_='mmdet',
    backbone=dict(type='mmaction.ResNet3d'),
    roi_head=dict(
        type='AVARoIHead',
        bbox_roi_extractor=dict(
            type='SingleRoIExtractor3D',
            roi_layer_type='RoIAlign',
            featmap_stride=16,
            output_size=8,
            with_temporal_pool=True),
        bbox_head=dict(
            type='BBoxHeadAVA',
            background_class=True,
            in_channels=512,
            num_classes=81,
            multilabel=True,
            dropout_ratio=0.5)),
    data_preprocessor=dict(type='mmaction.ActionDataPreprocessor'),
    train_cfg=dict(
        rcnn=dict(
            assigner=dict(type='MaxIoUAssignerAVA', pos_iou_thr=0.9, neg_iou_thr=0.9, min_pos_iou=0.9),
            sampler=dict(type='RandomSampler', num=32, pos_fraction=1, neg_pos_ub=-1, add_gt_as_proposals=True),
            pos_weight=1.0)),
    test_cfg=dict(rcnn=None))
