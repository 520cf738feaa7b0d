"""Data preprocessor, encoders, recognizers and heads, as in ``mmaction.models``.

Reading order: ``two_views`` (the layout of two views), ``data_preprocessor`` (augmentation and derivatives in one
pass), ``backbones``, ``recognizers``, ``heads`` (the objectives); ``weights`` and ``torchvision_keys`` (export).
May import: ``compat``; ``augment``, ``derivatives``, ``pairs`` and ``objectives`` of the core.
"""
