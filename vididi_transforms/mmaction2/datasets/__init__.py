"""From a line of an annotation list to two clips, as in ``mmaction.datasets``.

Reading order: ``samplers`` (a reproducible seed per sample), ``safe_dataset`` (unreadable videos), ``read_video`` and
``readers`` (Decord, PyAV, OpenCV), ``clip_pairs`` (two clips, each augmented on its own), ``clip_transforms``; ``ava``
(proposals), ``shape_mask`` (saliency on motion videos).
May import: ``compat``; ``pairs`` and ``data`` of the core.
"""
