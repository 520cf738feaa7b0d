"""Data preprocessor, backbones, recognizers and heads, as in ``mmaction.models``.

In training, data flows as follows. The data preprocessor returns a dict with ``inputs``: the two views of each video,
``[B, 2, C, T, H, W]`` or a list of two ``[B, C, T, H, W]``. ``ViDiDiHook`` differentiates them there, on their way to
the recognizer. The recognizer encodes each view in a forward pass of its own and gives both feature maps to the head's
``loss``. A momentum head also gets ``targets``, the momentum encoder's projections of both views. The head returns
losses by name; mmengine logs all of them and minimises the sum of those with ``loss`` in their name.

Reading order: ``two_views`` (what counts as two views), ``data_preprocessor`` (augmentation and derivatives in one
pass), ``backbones``, ``encoders`` (stages, pathways, 2-D encoders), ``bn_statistics`` (of frames), ``recognizers``,
``momentum_encoder``, ``heads`` (one file per objective); then ``checkpoint_keys``, ``torchvision_keys`` and ``weights``
(export of a trained encoder).
May import: ``compat``; ``augment``, ``data``, ``derivatives``, ``pairs`` and ``objectives`` of the core.
"""
