"""From a line of an annotation list to the two clips of a video, as in ``mmaction.datasets``.

Reading order: ``samplers`` (a reproducible seed per sample), ``safe_dataset`` and ``reader_process`` (unreadable
videos), ``read_video``, ``clip_pairs`` (two clips, each augmented on its own), ``clip_transforms``; ``ava``
(proposals), ``shape_mask`` (for saliency on motion videos).
May import: ``compat``; ``pairs`` and ``data`` of the core.
"""
