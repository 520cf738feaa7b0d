# As in CoCLR, FAME and MSCL: the features of each split are centred on their mean.
_base_ = ['./r3d18_16x4x10-paper_hmdb51-rgb.py']
test_evaluator = [dict(_base_.test_evaluator[0], protocol='centred'), _base_.test_evaluator[1]]
