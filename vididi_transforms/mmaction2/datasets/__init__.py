"""From a line of an annotation list to two clips, as in ``mmaction.datasets``.

Reading order: ``video_list`` (annotation lists), ``samplers`` (a reproducible seed per sample), ``fixed_batches`` (the
same videos every time), ``safe_dataset`` (unreadable videos), ``class_balanced`` (rare classes); ``read_video`` and
``readers`` (by name, or two transforms), ``clip_pairs`` (two clips, each augmented on its own), ``clip_transforms``;
``ava`` (proposals), ``shape_mask`` (saliency on motion videos).
May import: ``compat``; ``pairs`` and ``data`` of the core.
"""
