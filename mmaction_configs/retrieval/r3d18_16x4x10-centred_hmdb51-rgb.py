# CoCLR, FAME, MSCL: each split's features minus their own mean.
_base_ = ['./r3d18_16x4x10-paper_hmdb51-rgb.py']
test_evaluator = [dict(_base_.test_evaluator[0], protocol='centred'), _base_.test_evaluator[1]]
